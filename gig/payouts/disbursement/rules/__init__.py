"""What a bank account is, as pure functions."""
