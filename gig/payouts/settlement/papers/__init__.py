"""A statement on paper: the same lines as a PDF and as a CSV, the same bytes each time they are asked for."""
