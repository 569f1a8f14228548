"""Every write of tax."""
