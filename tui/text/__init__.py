"""Language, money and times as people read them."""
