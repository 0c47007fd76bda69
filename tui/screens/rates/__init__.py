"""Rate rules: the list, the editor, what-if."""
