"""How a person likes to see the pages: theme, text size, hand. Kept in cookies on their device."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, has_request_context, redirect, request
from werkzeug.wrappers import Response as AnyResponse

YEAR = 365 * 24 * 3600
CHOICES = {
    "theme": ("light", "dark", "auto"),
    "text": ("normal", "large", "larger"),
    "hand": ("right", "left"),
}


def _chosen(name: str, unset: str) -> str:
    value = request.cookies.get(name, "") if has_request_context() else ""
    return value if value in CHOICES[name] and value != unset else ""


def theme() -> str:
    """`light`, `dark`, or empty to follow the device."""
    return _chosen("theme", "auto")


def text_size() -> str:
    """`large` (115 %), `larger` (130 %), or empty."""
    return _chosen("text", "normal")


def hand() -> str:
    """`left` mirrors the claim and send buttons; empty otherwise."""
    return _chosen("hand", "right")


def safe_next() -> str:
    """Where the form asked to go afterwards, if that is a page of ours."""
    target = request.form.get("next") or "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    ours = not parts.scheme and not parts.netloc and target.startswith("/") and "\\" not in target
    if not ours or target.startswith("//"):
        return "/"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not pair.startswith("lang="))
    return parts.path + (f"?{query}" if query else "")


def add_views(pages: Blueprint) -> None:
    @pages.post("/appearance")
    def choose_appearance() -> AnyResponse:
        """The device shows pages as chosen; what the form does not name stays."""
        answer = redirect(safe_next(), code=303)
        for name, allowed in CHOICES.items():
            value = request.form.get(name)
            if value in allowed:
                answer.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure)
        return answer
