"""HTTP, cut by audience."""
