"""Calls: the list, its filter, one call in detail."""
