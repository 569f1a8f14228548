"""What must hold between inquiries, turns and the book; run by `gig audit`."""
