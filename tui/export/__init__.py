"""Files that an operator exports."""
