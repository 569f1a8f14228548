"""A package, so that it can have one browser for all of its files."""
