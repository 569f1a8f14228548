"""The arithmetic of a price: cards, bands, quotes and late shares, as pure functions."""
