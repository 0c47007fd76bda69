"""The engine process: lock, threads, signals, shutdown."""
