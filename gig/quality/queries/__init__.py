"""Reads of appeals: an agent's own, the reviewers' desk, and what finance must know before a close."""

from gig.quality.queries.rehearsal import open_appeals

__all__ = ["open_appeals"]
