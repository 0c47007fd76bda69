"""Who may do what: accounts, sessions, the audit trail."""
