"""Errors as `application/problem+json`: a stable type for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from gig.core.errors import Forbidden, GigError, Invalid, NotFound, Refused, TooMany, Unauthenticated
from gig.core.text import N_

MEDIA_TYPE = "application/problem+json"
STATUSES: tuple[tuple[type[GigError], int], ...] = (
    (Refused, 409),
    (Invalid, 422),
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooMany, 429),
)
TITLES = {
    400: N_("请求看不懂"),
    401: N_("请先登录"),
    403: N_("没有权限"),
    404: N_("没有找到"),
    405: N_("这个地址不接受这种请求"),
    409: N_("现在做不了"),
    413: N_("内容太大"),
    415: N_("请用 JSON 提交"),
    422: N_("填写的内容有误"),
    429: N_("太频繁了"),
    500: N_("我们这边出错了"),
    503: N_("暂时不可用"),
}
SLUGS = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "not-json",
    422: "invalid",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
}


def said(words: Any) -> str:
    """A msgid, a Sentence or a lazy text, in the language of the request."""
    message, params = getattr(words, "message", None), getattr(words, "params", None)
    if isinstance(message, str):
        filled = {
            name: said(value) if hasattr(value, "message") else value
            for name, value in (params or {}).items()
        }
        return str(_(message, **filled))
    return str(_(words)) if type(words) is str and words else str(words)


def status_of(error: GigError) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 400)


def problem(status: int, slug: str, detail: str = "", errors: Mapping[str, Any] | None = None) -> Response:
    """One answer in the form of RFC 9457."""
    title = TITLES.get(status)
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": _(title) if title else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    if errors is not None:
        body["errors"] = errors
    return Response(current_app.json.dumps(body) + "\n", status, content_type=MEDIA_TYPE)


def from_error(error: GigError) -> Response:
    """The answer to a refusal of the domain."""
    status = status_of(error)
    errors = None
    if isinstance(error, Invalid):
        errors = {field: [said(words) for words in sentences] for field, sentences in error.errors.items()}
    response = problem(status, error.slug, _(error.message, **error.params) if error.message else "", errors)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def from_http(error: HTTPException) -> Any:
    """The answer to an error of HTTP itself: a wrong address, a wrong method, a fault of ours."""
    status = error.code
    if not request.path.startswith("/api/") or status is None or status < 400:
        return error
    response = problem(status, SLUGS.get(status, "http"))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response
