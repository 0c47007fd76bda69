"""Extensions and their money: an append-only ledger of signed micro-units."""
