"""The billing engine: one process owns the store, every front end is a client of it."""
