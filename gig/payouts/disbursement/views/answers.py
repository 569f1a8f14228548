"""How a file leaves: as a download that no cache keeps."""

from __future__ import annotations

from typing import IO
from urllib.parse import quote

from flask import Response

from gig.payouts.disbursement.operations.downloads import Sheet

CHUNK = 256 * 1024


def attachment(sheet: Sheet) -> Response:
    """The file with its digest."""
    answer = Response(sheet.content, mimetype=sheet.media_type, headers=_headers(sheet.name))
    answer.headers["Digest"] = f"sha-256={sheet.sha256}"
    return answer


def streamed(name: str, media_type: str, file: IO[bytes]) -> Response:
    """An open file, sent piece by piece and closed."""
    answer = Response(iter(lambda: file.read(CHUNK), b""), mimetype=media_type, headers=_headers(name))
    answer.call_on_close(file.close)
    return answer


def _headers(name: str) -> dict[str, str]:
    plain = name.encode("ascii", "ignore").decode().replace('"', "")
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
        if plain != name
        else f'attachment; filename="{plain}"',
        "Cache-Control": "no-store",
    }
