"""应声 on a home screen: its manifest, its service worker, and the page for when the server is out of reach.

The worker keeps the files of that one page and nothing else: no page with a customer's words or with money
is ever stored on the device. Its version is a hash of what it keeps, so it changes exactly when they do.
"""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort, current_app, render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from gig.web import languages
from gig.web.assets import Assets

FILES = ("css/tokens.css", "css/phone.css", "js/offline.js", "vendor/icons.svg")
ICONS = (
    ("vendor/app/icon-192.png", "192x192", "any"),
    ("vendor/app/icon-512.png", "512x512", "any"),
    ("vendor/app/maskable-512.png", "512x512", "maskable"),
)
HASH = 12


def add_views(pages: Blueprint) -> None:
    pages.add_url_rule("/manifest.webmanifest", view_func=manifest)
    pages.add_url_rule("/sw.js", view_func=worker)
    pages.add_url_rule("/offline/<language>", view_func=offline)


def manifest() -> Response:
    """What a phone needs to put the agent's pages on its home screen; browsers ask for it without cookies."""
    url, language = _assets().url, languages.asked("l")
    with force_locale(languages.LANGUAGES[language]):
        name, description = _("应声"), _("抢单、回复、看收入")
    described = {
        "id": "/agent",
        "name": name,
        "short_name": name,
        "description": description,
        "lang": "en" if language == "en" else "zh-CN",
        "start_url": "/agent/feed",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#F2F5F3",
        "theme_color": "#0A7A4B",
        "icons": [
            {"src": url(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in ICONS
        ],
    }
    return _revalidated(Response(current_app.json.dumps(described), mimetype="application/manifest+json"))


def worker() -> Response:
    """The service worker of the language that its address names, `/sw.js?l=en`."""
    language = languages.asked("l")
    page = _offline(language)
    shell = [f"/offline/{language}", *(_assets().url(path) for path in FILES)]
    source = render_template("web/sw.js", version="", offline=shell[0], shell=shell)
    version = hashlib.sha256((source + page).encode()).hexdigest()[:HASH]
    answer = Response(
        render_template("web/sw.js", version=version, offline=shell[0], shell=shell),
        mimetype="text/javascript",
    )
    answer.headers["Service-Worker-Allowed"] = "/"
    return _revalidated(answer)


def offline(language: str) -> Response:
    """The page that the worker shows when a page cannot be had."""
    if language not in languages.LANGUAGES:
        abort(404)
    return _revalidated(Response(_offline(language), mimetype="text/html"))


def _offline(language: str) -> str:
    with force_locale(languages.LANGUAGES[language]):
        return render_template("web/offline.html", language=language)


def _assets() -> Assets:
    found: Assets = current_app.extensions["gig.assets"]
    return found


def _revalidated(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-cache"
    return answer
