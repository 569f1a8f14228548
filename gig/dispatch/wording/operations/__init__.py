"""Every change to the lists."""
