"""Addresses of static files that change when the file does, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request

HASH = 10


class Assets:
    """`url('css/phone.css')` → `/static/css/phone.css?h=…`; hashed once, and again when the file changes."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix.rstrip("/")
        self._seen: dict[str, tuple[int, str]] = {}

    def url(self, path: str) -> str:
        mark = self._mark(path)
        return f"{self._prefix}/{path}" + (f"?h={mark}" if mark else "")

    def _mark(self, path: str) -> str:
        try:
            changed = (self._folder / path).stat().st_mtime_ns
        except OSError:
            return ""
        seen = self._seen.get(path)
        if seen is None or seen[0] != changed:
            digest = hashlib.sha256((self._folder / path).read_bytes()).hexdigest()[:HASH]
            seen = self._seen[path] = (changed, digest)
        return seen[1]


def init_app(app: Flask) -> None:
    """Templates call `asset(path)`; an answer to a hashed address may be kept, others are revalidated."""
    assets = Assets(Path(app.static_folder or "static"), app.static_url_path or "/static")
    app.jinja_env.globals["asset"] = assets.url
    app.extensions["gig.assets"] = assets
    app.after_request(_keep)


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 304) and request.args.get("h"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
