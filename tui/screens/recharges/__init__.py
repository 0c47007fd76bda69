"""Recharges: the list and the form."""
