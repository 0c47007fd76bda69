"""What everything means: frozen types, money, rules of time, errors. Standard library only."""
