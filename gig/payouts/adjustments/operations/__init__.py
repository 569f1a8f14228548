"""Every write of adjustments."""
