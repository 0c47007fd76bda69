"""The link to the engine, and the lists that are read through it."""
