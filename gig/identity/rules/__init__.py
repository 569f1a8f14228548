"""Rules of identity: pure functions on frozen values."""
