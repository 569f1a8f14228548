"""Active time, pay an hour, and what an hour may bring."""
