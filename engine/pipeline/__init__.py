"""From lines to calls, charges, balances and the read position, in one transaction."""
