"""What needs no database to be decided."""
