"""Every write of the customer's side."""
