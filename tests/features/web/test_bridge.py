"""What Flask sees of a request, and the client of its answer, when an ASGI server stands before it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, request

from gig.bridge import IN_MEMORY, MOST_KEPT, WHOLE_UP_TO, Bridge, Message

PIECE = b"x" * 600_000


@pytest.fixture
def flask() -> Flask:
    app = Flask("bridge")
    app.config["MAX_CONTENT_LENGTH"] = MOST_KEPT - 1

    @app.post("/echo/<name>")
    def echo(name: str) -> dict[str, Any]:
        seen = {"name": name, "q": request.args.get("q"), "size": len(request.get_data())}
        return {**seen, "cookies": dict(request.cookies), "address": request.remote_addr}

    @app.get("/cookies")
    def cookies() -> Response:
        answer = Response("set")
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @app.get("/long")
    def long() -> Response:
        answer = Response(_pieces())
        answer.call_on_close(lambda: app.extensions.setdefault("closed", True))
        return answer

    return app


def _pieces() -> Iterator[bytes]:
    for _ in range(5):
        yield PIECE


def ask(
    app: Any, method: str, path: str, *body: bytes, query: bytes = b"", headers: Any = ()
) -> list[Message]:
    """The messages that the application sends for one request whose body comes in these parts."""
    parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
    incoming = iter([*parts, {"type": "http.request", "body": b"", "more_body": False}])
    return converse(app, incoming, method, path, query, headers)


def converse(
    app: Any, incoming: Iterator[Message], method: str, path: str, query: bytes = b"", headers: Any = ()
) -> list[Message]:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "http_version": "1.1",
        "headers": [(b"host", b"gig.test"), *headers],
        "client": ("10.0.0.7", 4000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Bridge(app, threads=1)(scope, receive, send))
    return sent


def body_of(sent: list[Message]) -> bytes:
    return b"".join(message["body"] for message in sent[1:])


def test_the_request_arrives_whole(flask: Flask) -> None:
    cookies = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    sent = ask(flask, "POST", "/echo/查询", b"ab", b"c", query="q=退款".encode(), headers=cookies)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert flask.json.loads(body_of(sent)) == {
        "name": "查询",
        "q": "退款",
        "size": 3,
        "cookies": {"a": "1", "b": "2"},
        "address": "10.0.0.7",
    }


def test_a_large_body_is_not_held_in_memory_and_arrives(flask: Flask) -> None:
    sent = ask(flask, "POST", "/echo/x", *[b"y" * IN_MEMORY] * 3)
    assert flask.json.loads(body_of(sent))["size"] == 3 * IN_MEMORY


def test_a_body_beyond_every_limit_is_read_to_its_end_and_refused(flask: Flask) -> None:
    sent = ask(flask, "POST", "/echo/x", *[b"y" * (MOST_KEPT // 4)] * 5)
    assert sent[0]["status"] == 413


def test_headers_that_repeat_are_all_sent(flask: Flask) -> None:
    headers = ask(flask, "GET", "/cookies")[0]["headers"]
    assert [value.split(b";")[0] for name, value in headers if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_a_long_answer_is_streamed_and_closed(flask: Flask) -> None:
    sent = ask(flask, "GET", "/long")
    assert body_of(sent) == PIECE * 5
    assert max(len(message["body"]) for message in sent[1:]) <= WHOLE_UP_TO + len(PIECE)
    assert sent[-1]["more_body"] is False
    assert flask.extensions["closed"]


def test_a_client_that_leaves_in_mid_request_reaches_no_view(flask: Flask) -> None:
    leaving = iter([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])
    assert converse(flask, leaving, "POST", "/echo/x") == []


def test_an_application_that_breaks_is_answered_for() -> None:
    def broken(environ: object, start_response: object) -> Iterator[bytes]:
        raise RuntimeError("outside of Flask")

    sent = ask(broken, "GET", "/")
    assert (sent[0]["status"], body_of(sent)) == (500, b"Internal Server Error")
