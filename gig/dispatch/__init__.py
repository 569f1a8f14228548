"""Inquiry → feed → claim → turns and replies → resolved."""
