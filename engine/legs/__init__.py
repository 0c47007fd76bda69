"""Paid legs: which records are one use of a trunk, who pays for it, and for how many seconds."""
