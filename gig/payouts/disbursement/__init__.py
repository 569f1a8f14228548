"""Payees, batches and the sheets that leave the house."""
