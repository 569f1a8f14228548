"""Payout sheets: the rows of a batch, and the files that carry them to a bank."""
