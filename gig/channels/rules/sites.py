"""Which sites may show a channel's chat page in a frame."""

from __future__ import annotations

import re

MOST = 10
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SITE = re.compile(
    rf"https://(?:\*\.)?{_HOST}(?::\d{{1,5}})?|http://(?:localhost|127\.0\.0\.1)(?::\d{{1,5}})?"
)


def parse_sites(text: str) -> tuple[list[str], list[str]]:
    """(the sites, what is none): `https://shop.example`, a `*.` in front for every name below it, a port.

    Plain http is for one's own machine only.
    """
    words = list(dict.fromkeys(word.rstrip("/").lower() for word in text.split()))
    return [word for word in words if _SITE.fullmatch(word)], [w for w in words if not _SITE.fullmatch(w)]
