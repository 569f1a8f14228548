"""Chinese first, English second: chosen by `?lang=`, remembered in a cookie."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, has_request_context, redirect, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response as AnyResponse

from gig.web.preferences import YEAR, safe_next

LANGUAGES = {"zh": "zh_CN", "en": "en"}
COOKIE = "lang"

babel = Babel()


def init_app(app: Flask) -> None:
    """Texts and dates are in the person's language, and in the business zone."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh_CN")
    babel.init_app(app, locale_selector=_chosen, timezone_selector=_zone)
    app.after_request(_remember)


def _chosen() -> str:
    if not has_request_context():
        return LANGUAGES["zh"]
    if request.path.startswith("/api/"):
        return LANGUAGES[request.accept_languages.best_match(LANGUAGES, "zh")]
    wanted = request.args.get("lang") or request.cookies.get(COOKIE) or "zh"
    return LANGUAGES.get(wanted[:2], LANGUAGES["zh"])


def _zone() -> str:
    zone: str = current_app.config.get("GIG_TIMEZONE", "Asia/Shanghai")
    return zone


def asked(parameter: str) -> str:
    """The language that the address names in this parameter: `zh`, unless it is another that we speak."""
    wanted = request.args.get(parameter, "")
    return wanted if wanted in LANGUAGES else "zh"


def current() -> str:
    """`zh` or `en`."""
    locale = get_locale()
    return "en" if locale and locale.language == "en" else "zh"


def _remember(response: Response) -> Response:
    wanted = request.args.get("lang", "")[:2] if request.query_string else ""
    if wanted in LANGUAGES and request.cookies.get(COOKIE) != wanted:
        response.set_cookie(
            COOKIE, wanted, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response


def add_views(pages: Blueprint) -> None:
    @pages.post("/language")
    def choose_language() -> AnyResponse:
        """The next page, and all after it, are in the chosen language."""
        wanted = request.form.get("lang", "zh")
        answer = redirect(safe_next(), code=303)
        if wanted in LANGUAGES:
            answer.set_cookie(
                COOKIE, wanted, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure
            )
        return answer
