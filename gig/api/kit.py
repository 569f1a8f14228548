"""The API as a whole: its description, its docs page, its JSON, its request ids."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from typing import Any

import flask_smorest
import marshmallow as ma
import orjson
from flask import Blueprint, Flask, Request, Response, current_app, g, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException

from gig.api import problems
from gig.api.blueprint import PREFIX, ApiBlueprint
from gig.core.businesstime import format_instant
from gig.core.ids import new_id

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
KEY = "gig.api"


class Json(DefaultJSONProvider):
    """Compact, in the order given, Chinese as it is, instants as RFC 3339 UTC."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    @staticmethod
    def default(value: Any) -> Any:  # type: ignore[override]
        if isinstance(value, dt.datetime):
            return format_instant(value)
        if isinstance(value, dt.date):
            return value.isoformat()
        return DefaultJSONProvider.default(value)

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        if kwargs:
            return super().dumps(obj, **kwargs)
        return orjson.dumps(obj, Json.default, orjson.OPT_PASSTHROUGH_DATETIME).decode()


class Problem(ma.Schema):
    """An error in the form of RFC 9457."""

    type = ma.fields.String(required=True, metadata={"description": "Stable name: /problems/already-claimed"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String(required=True)
    errors = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()))


class PageCookies(SecureCookieSessionInterface):
    """Cookies are for pages: under /api/ there is no session, so none can open a door there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith("/api/") else super().open_session(app, request)


class GigApi(flask_smorest.Api):  # type: ignore[misc]
    """Describes the views when the description is first asked for, not at every start."""

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[ApiBlueprint] = []
        self._describing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blp: ApiBlueprint, **options: Any) -> None:
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    def description(self) -> dict[str, Any]:
        """OpenAPI 3.1 of every registered view."""
        with self._describing:
            while self._undescribed:
                blueprint = self._undescribed.pop(0)
                blueprint.register_views_in_doc(
                    self, current_app, self.spec, name=blueprint.name, parameters=None
                )
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
            described: dict[str, Any] = self.spec.to_dict()
            return described

    def _register_responses(self) -> None:
        usual: str = flask_smorest.Api.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = problems.MEDIA_TYPE
        try:
            super()._register_responses()
        finally:
            self.DEFAULT_RESPONSE_CONTENT_TYPE = usual

    def _register_error_handlers(self) -> None:
        self._app.register_error_handler(HTTPException, problems.from_http)


def init_api(app: Flask) -> None:
    """Features may register API blueprints; every request has an id; errors under /api/ are problems."""
    app.json = Json(app)
    app.session_interface = PageCookies()
    app.config.update(
        API_TITLE="应声 Yingsheng",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    app.extensions[KEY] = GigApi(app)
    app.before_request_funcs.setdefault(None, []).insert(0, _name_request)
    app.after_request(_tell_request)
    app.register_blueprint(_documentation())


def register(app: Flask, *blueprints: ApiBlueprint) -> None:
    """The views answer under /api/v1 and stand in its description."""
    api: GigApi = app.extensions[KEY]
    for blueprint in blueprints:
        api.register_blueprint(blueprint)


def _name_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else new_id()


def _tell_request(response: Response) -> Response:
    if request_id := g.get("request_id"):
        response.headers["X-Request-Id"] = request_id
    return response


def _documentation() -> Blueprint:
    """Fresh for each application: a docs page that needs no network, and what it shows."""
    pages = Blueprint("api_docs", __name__, url_prefix=PREFIX, template_folder="templates")

    @pages.get("/openapi.json")
    def openapi() -> Response:
        api: GigApi = current_app.extensions[KEY]
        return Response(
            json.dumps(api.description(), ensure_ascii=False, indent=1), mimetype="application/json"
        )

    @pages.get("/docs")
    def docs() -> str:
        return render_template("api/docs.html")

    return pages
