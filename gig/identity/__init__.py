"""People: who they are to us, what they may do, how they prove it, and an agent's standing."""
