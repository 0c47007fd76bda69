"""Calls out of channel events (Asterisk CEL): which channels belong together, and which are paid legs."""
