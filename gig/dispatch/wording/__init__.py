"""The check before sending: what must not be said, what is masked, what is only hinted at."""
