"""Calls out of channel events (Asterisk CEL): which channels belong together, which are paid legs, and who pays."""
