"""Benches, run by hand: `make bench`, `make bench-smoke`. Nothing here is collected by pytest."""
