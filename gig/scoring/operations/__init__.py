"""Every write to scores and what they are made of."""
