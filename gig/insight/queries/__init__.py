"""What the figures are read from: the present along partial indexes, the past in slots of time."""
