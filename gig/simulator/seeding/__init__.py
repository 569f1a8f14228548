"""The demo world, made by the same operations that people use."""
