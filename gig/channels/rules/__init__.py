"""Pure rules of the customer's side."""
