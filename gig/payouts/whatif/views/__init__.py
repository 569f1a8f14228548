"""The what-if over HTTP: for programs, and as pages of the console."""
