"""Pure arithmetic of a what-if."""
