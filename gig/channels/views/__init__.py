"""The customer's side over HTTP."""
