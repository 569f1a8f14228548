"""Who may claim what, and what counts as an answer, as pure functions."""
