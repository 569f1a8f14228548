"""Figures over everything that the platform does. Read only, and so free to join all tables."""
