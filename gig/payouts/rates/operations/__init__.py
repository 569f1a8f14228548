"""Every write to rate cards."""
