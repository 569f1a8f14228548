"""The link to one inquiry's chat page: signed, so that it cannot be guessed or made up.

`INQUIRY GENERATION - SIGNATURE`: nothing secret is stored. A renewed link has the next generation, and the
old one opens nothing. The link stands for the customer: it stays out of logs and referrers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_FORM = re.compile(r"([0-9a-z]{26})(\d{1,6})-([A-Za-z0-9_-]{32})")


def token(secret: str, inquiry_id: str, generation: int) -> str:
    """What stands after `/c/`."""
    return f"{inquiry_id}{generation}-{_signature(secret, inquiry_id, generation)}"


def read(secret: str, text: str) -> tuple[str, int] | None:
    """(inquiry, generation) if the link was made here; else None."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    inquiry_id, generation = found[1], int(found[2])
    if not hmac.compare_digest(found[3], _signature(secret, inquiry_id, generation)):
        return None
    return inquiry_id, generation


def session_of(inquiry_id: str, generation: int) -> str:
    """The name under which the streams of this link are counted and ended."""
    return f"chat.{inquiry_id}.{generation}"


def _signature(secret: str, inquiry_id: str, generation: int) -> str:
    """192 bits of HMAC-SHA256."""
    said = f"gig.channels.link\0{inquiry_id}\0{generation}".encode()
    return base64.urlsafe_b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()[:24]).decode()
