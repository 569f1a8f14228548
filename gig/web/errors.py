"""Errors as pages: what happened, what it means, one thing to do.

Programs under /api/ get their own form from the API's kit; a request that htmx made gets one toast.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from flask import Flask, current_app, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from gig.core.errors import Forbidden, GigError, Invalid, NotFound, Refused, TooMany, Unauthenticated
from gig.web.filters import say

STATUSES: tuple[tuple[type[GigError], int], ...] = (
    (Invalid, 422),
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (TooMany, 429),
    (Refused, 409),
)
TITLES = {
    400: lazy_gettext("这一步没做成"),
    401: lazy_gettext("请先登录"),
    403: lazy_gettext("你没有权限看这页"),
    404: lazy_gettext("没有找到这一页"),
    405: lazy_gettext("这个地址不能这样打开"),
    409: lazy_gettext("这一步现在做不了"),
    413: lazy_gettext("内容太大了"),
    422: lazy_gettext("填写的内容有误"),
    429: lazy_gettext("操作太快了"),
    500: lazy_gettext("我们这边出错了"),
    503: lazy_gettext("暂时打不开"),
}
CAUSES = {
    400: lazy_gettext("页面放久了，或者内容不完整。回到上一页再试一次。"),
    401: lazy_gettext("登录已过期，或者还没有登录。"),
    403: lazy_gettext("你的角色不包含这页，找管理员开通。"),
    404: lazy_gettext("地址写错了，或者这条内容不归你。"),
    405: lazy_gettext("从页面上的按钮进来就可以。"),
    413: lazy_gettext("换小一点的文件再传。"),
    429: lazy_gettext("过一会儿再试。"),
    500: lazy_gettext("已经记下这次故障。不会扣你的钱和分。"),
    503: lazy_gettext("正在恢复，几分钟后再试。"),
}
ICONS = {401: "lock", 403: "lock", 404: "search", 429: "clock", 500: "alert-triangle", 503: "wifi-off"}
DATABASE_AWAY = (
    OperationalError,
    InterfaceError,
    NoConnectionFree,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    sqlite3.OperationalError,
)
"""Restarting, gone, or so busy that a lock or a connection was not to be had: nothing has been written."""
SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
AGAIN_AFTER_S = 2
CODES = (400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 502, 503)


def init_app(app: Flask) -> None:
    """Every error on a page's address answers with a page; addresses under /api/ are left to the API."""
    app.register_error_handler(GigError, error_page)
    for code in CODES:
        app.register_error_handler(code, _http_error)
    for kind in DATABASE_AWAY:
        app.register_error_handler(kind, _database_away)
    app.extensions["gig.error_page"] = error_page


def error_page(error: GigError) -> Response:
    """The page, or the toast, for an answer that is expected but not success."""
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 400)
    shown = _described(status, cause=say(error))
    if isinstance(error, Invalid):
        shown["effect"] = " ".join(say(words) for list_ in error.errors.values() for words in list_)
    response = _answer(shown, status)
    response.headers["X-Refused"] = error.slug
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _database_away(error: Exception) -> Any:
    """The same request may be sent again: with its idempotency key it happens once.

    SQLite gives one name to a file that is busy and to a statement that is wrong; the second is our fault.
    """
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, sqlite3.OperationalError):
        name = getattr(origin, "sqlite_errorname", "")
        if not name.startswith(SQLITE_AWAY):
            raise error
    current_app.logger.warning("the database did not take part: %s", str(error).partition("\n")[0])
    return _http_error(ServiceUnavailable(retry_after=AGAIN_AFTER_S))


def _http_error(error: HTTPException) -> Any:
    if request.path.startswith("/api/"):
        return _api_answer(error)
    status = error.code or 500
    response = error.get_response()
    page = _answer(_described(status), status)
    response.data = page.get_data()
    response.content_type = page.content_type
    response.headers.update({k: v for k, v in page.headers.items() if k.startswith("HX-")})
    return response


def _api_answer(error: HTTPException) -> Any:
    """What the API registered for all HTTP errors, nearest first; the bare error if it did not."""
    spec = current_app.error_handler_spec
    for name in (*request.blueprints, None):
        handler = spec[name][None].get(HTTPException)
        if handler:
            return handler(error)
    return error


def _described(status: int, cause: str = "") -> dict[str, Any]:
    home = request.referrer if request.method == "POST" and request.referrer else "/"
    login = status == 401
    return {
        "title": str(TITLES.get(status, TITLES[400])),
        "cause": cause or str(CAUSES.get(status, CAUSES[400])),
        "effect": "",
        "icon": ICONS.get(status, "alert-circle"),
        "tone": "r" if status >= 500 else "w",
        "action": _("去登录") if login else (_("回上一页") if home != "/" else _("回首页")),
        "url": "/login" if login else home,
    }


def _answer(shown: dict[str, Any], status: int) -> Response:
    if request.headers.get("HX-Request"):
        response = make_response(render_template("web/error_toast.html", error=shown), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        if status == 401:
            response.headers["HX-Redirect"] = "/login"
        return response
    return make_response(render_template("web/error.html", error=shown, status=status), status)
