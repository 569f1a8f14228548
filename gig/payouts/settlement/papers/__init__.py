"""A statement on paper: the same lines as a PDF and as a CSV, the same bytes until a payment moves."""
