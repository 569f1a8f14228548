"""The priced result of each answered turn."""
