"""What the bank answered: read, shown, and posted."""
