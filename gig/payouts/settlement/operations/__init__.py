"""Every write of settlement."""
