"""Every write of a what-if: its own row, and nothing of the money."""
