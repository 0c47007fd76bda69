"""Tests of the process: its threads, its start and end."""
