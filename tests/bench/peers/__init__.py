"""What a user would pick instead: each rates the same file by the same rules and must find the same costs."""
