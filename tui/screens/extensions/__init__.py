"""Extensions: the list, its forms, the ledger of one."""
