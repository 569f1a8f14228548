"""Rate cards, quotes, pricing."""
