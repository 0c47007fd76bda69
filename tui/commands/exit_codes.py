"""How the program ends, besides 0 = done."""

REFUSED, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

DEMO_WANTED = -1
"""What the full-screen application answers with when the operator wants to see the sample office instead."""
