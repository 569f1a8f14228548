"""Every write to appeals."""
