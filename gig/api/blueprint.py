"""The blueprint of API views: it documents them and keeps the way of an answer short.

A view returns a ready, JSON-like value (`dict`, `list`), or `(value, status)`, or a Response. Response
schemas are documentation, proved against real answers by the tests; nothing is dumped through them, so a
hot endpoint pays for one `json.dumps` only.
"""

from __future__ import annotations

import functools
import http
from collections.abc import Callable
from typing import Any

import flask_smorest
from flask import Response, current_app, request
from marshmallow import Schema as AnySchema
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from gig.api import body, problems
from gig.api.answers import answer
from gig.core.errors import Errors, GigError, Invalid

View = Callable[..., Any]
PREFIX = "/api/v1"


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Views of one feature under /api/v1."""

    def arguments(
        self, schema: type[AnySchema], *, location: str = "json", **documentation: Any
    ) -> Callable[[View], View]:
        """The view gets what came in, checked, as its next positional argument."""
        reader = schema()
        as_documented = super().arguments(schema, location=location, **documentation)

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                given = body.read_json() if location == "json" else _query(reader)
                try:
                    loaded = reader.load(given)
                except ValidationError as error:
                    raise Invalid(flat(error.messages)) from error
                return view(*args, loaded, **kwargs)

            wrapper._apidoc = as_documented(view)._apidoc  # type: ignore[attr-defined]
            return wrapper

        return decorate

    def answers(
        self, status: int, schema: Any = None, *, description: str | None = None, **documentation: Any
    ) -> Callable[[View], View]:
        """The view's value is sent as JSON with this status, unless it names another itself."""
        documented = super().response(status, schema, description=description, **documentation)

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                return answer(view(*args, **kwargs), status)

            wrapper._apidoc = documented(view)._apidoc  # type: ignore[attr-defined]
            return wrapper

        return decorate

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Documents which problems the view may answer with."""

        def decorate(view: View) -> View:
            for status in statuses:
                view = self.alt_response(status, http.HTTPStatus(status).name)(view)
            return view

        return decorate


def api_blueprint(name: str, *, description: str = "") -> ApiBlueprint:
    """A blueprint under /api/v1; hand it to `gig.api.register(app, …)` in the feature's wiring."""
    blueprint = ApiBlueprint(f"api_{name}", __name__, url_prefix=PREFIX, description=description)
    blueprint.before_request(_check_size)
    blueprint.register_error_handler(GigError, problems.from_error)
    blueprint.register_error_handler(HTTPException, problems.from_http)
    return blueprint


def sized(limit: int) -> Callable[[View], View]:
    """The view takes bodies of up to `limit` bytes (a file) instead of 256 KiB."""

    def decorate(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]
        return view

    return decorate


def _check_size() -> None:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        view = current_app.view_functions.get(request.endpoint or "")
        body.check_size(getattr(view, "body_limit", body.LIMIT))


def _query(reader: AnySchema) -> dict[str, str]:
    """The parameters that the schema names; a repeated one counts once."""
    names = {field.data_key or name for name, field in reader.fields.items()}
    return {name: value for name, value in request.args.items() if name in names}


def flat(messages: Any, place: str = "") -> Errors:
    """marshmallow's nested messages as field → sentences, `customer.name` for an inner field."""
    if isinstance(messages, dict):
        found: Errors = {}
        for name, inner in messages.items():
            below = place if name == "_schema" else (f"{place}.{name}" if place else str(name))
            for field, sentences in flat(inner, below).items():
                found.setdefault(field, []).extend(sentences)
        return found
    sentences = messages if isinstance(messages, list) else [messages]
    return {place or "body": [str(sentence) for sentence in sentences]}
