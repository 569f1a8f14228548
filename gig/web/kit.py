"""What makes the application's pages look and behave alike."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask_wtf.csrf import CSRFProtect

from gig.core import clock
from gig.web import assets, errors, filters, installable, languages, names, preferences
from gig.web.charts import hour_shapes
from gig.web.filters import iso
from gig.web.shell import Shell
from gig.web.words import js_words


def policy(frame_ancestors: str = "'none'") -> str:
    """The content security policy of a page that these sites may show in a frame."""
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        )
    )


HEADERS = (
    ("Content-Security-Policy", policy()),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), camera=(self)"),
)
SECRET_LINKS = "/c/"
"""Below it the address itself is the proof: who can forge a form there could open the page as well."""

OUTSIDE_PAGES = ("/api/", "/live/", "/static/", "/healthz", "/readyz", "/metrics")

csrf = CSRFProtect()


def init_web(app: Flask) -> None:
    """Pages find the frames and parts, speak two languages, refuse forged forms and explain errors."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    languages.init_app(app)
    filters.register(app)
    names.register(app)
    assets.init_app(app)
    app.jinja_env.globals.update(hour_shapes=hour_shapes, js_words=js_words)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    pages = Blueprint("web", __name__, template_folder="templates")
    languages.add_views(pages)
    preferences.add_views(pages)
    installable.add_views(pages)
    app.register_blueprint(pages)
    app.before_request(_refuse_forged_forms)
    app.before_request(_refuse_unstorable)
    app.after_request(_add_headers)
    app.context_processor(_frame)
    errors.init_app(app)


def _refuse_forged_forms() -> None:
    """A page's form carries its token; programs under /api/ carry a bearer token instead."""
    proved_otherwise = (*OUTSIDE_PAGES, SECRET_LINKS)
    if current_app.config["WTF_CSRF_ENABLED"] and not request.path.startswith(proved_otherwise):
        csrf.protect()


def _refuse_unstorable() -> None:
    """A NUL in an address or a field: no browser sends one, and no PostgreSQL takes it."""
    if "\0" in request.path:
        abort(404)
    values: Iterable[str] = request.args.values() if request.query_string else ()
    if not request.path.startswith(OUTSIDE_PAGES):
        values = (*values, *request.form.values())
    if any("\0" in value for value in values):
        abort(400)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    given = {name.lower() for name, _ in headers}
    if "content-security-policy" in given:  # the page's own policy says who may frame it
        given.add("x-frame-options")
    headers.extend([(name, value) for name, value in HEADERS if name.lower() not in given])
    if current_app.config.get("GIG_ENV") == "production":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html" and not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("Cookie")
    return response


def _frame() -> dict[str, object]:
    """What the frames need in every template."""
    return {
        "shell": Shell(),
        "locale": languages.current(),
        "theme": preferences.theme(),
        "text_size": preferences.text_size(),
        "hand": preferences.hand(),
        "server_now": iso(clock.received_at()),
        "clock_speed": clock.current().speed,
    }
