"""通知: what ops, or the platform itself, tells agents on every page of their phone."""
