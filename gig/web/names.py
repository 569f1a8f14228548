"""What slugs are called, for pages that stand below the feature that knows.

A feature registers a function for a kind of slug; it is asked once per request and answers
{slug: (Chinese name, English name)}. An unknown slug is called by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask, current_app, g

from gig.web import languages

KEY = "gig.web.names"
Names = Mapping[str, tuple[str, str]]


def provide(app: Flask, kind: str, function: Callable[[], Names]) -> None:
    """From here on pages call slugs of this kind as `function()` answers."""
    app.extensions.setdefault(KEY, {})[kind] = function


def called(slug: str | None, kind: str) -> str:
    """The slug's name in the page's language: `{{ row.issue_type|called('issue_type') }}`."""
    if not slug:
        return ""
    known = g.setdefault("names", {})
    if kind not in known:
        function = current_app.extensions.get(KEY, {}).get(kind)
        known[kind] = function() if function else {}
    names = known[kind].get(slug)
    if names is None:
        return slug
    chinese, english = names
    return english if languages.current() == "en" and english else chinese


def register(app: Flask) -> None:
    app.jinja_env.filters["called"] = called
