"""The arithmetic of the score, as pure functions."""
