"""An agent's own score, for people and for programs."""
