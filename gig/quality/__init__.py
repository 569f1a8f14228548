"""Judging what was judged: appeals against penalties, misses, ratings and violations."""
