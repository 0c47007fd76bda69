"""Barring: what the PBX should refuse, and what it is known to have taken."""
