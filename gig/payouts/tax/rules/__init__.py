"""Pure rules of withholding."""
