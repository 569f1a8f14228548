"""What work is worth, the book it is written in, and how it is paid out."""
