"""Photos of documents: large enough to be read."""

from __future__ import annotations

from gig.core import photos
from gig.core.photos import MAX_BYTES, MEDIA_TYPE, BadPhoto

__all__ = ["MAX_BYTES", "MEDIA_TYPE", "BadPhoto", "as_kept"]

MIN_LONG, MIN_SHORT = 640, 400


def as_kept(content: bytes) -> bytes:
    """The photo as it is stored. Raises BadPhoto in words for the person who took it."""
    return photos.as_kept(content, long=MIN_LONG, short=MIN_SHORT)
