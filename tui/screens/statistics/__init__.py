"""Statistics: charts with their tables."""
