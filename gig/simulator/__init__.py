"""Invented people for demonstrations and measurements: a seeded world, and customers and agents over HTTP."""
