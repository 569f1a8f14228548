"""The book as finance reads it: entries, accounts, what is owed and for how long, and its nightly proof."""
