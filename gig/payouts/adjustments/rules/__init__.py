"""Pure arithmetic of adjustments."""
