"""What an identity number is, and how personal data is shown."""
