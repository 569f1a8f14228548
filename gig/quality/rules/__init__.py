"""Deadlines, and what the rules say of a case."""
