"""A retry changes nothing: the first answer again.

The key's row is written in the transaction of the operation itself, as its last step. So a row is there
exactly when the operation happened: a crash leaves either both or neither, and nothing has to be taken
over. Of two requests with one key at the same time, the one that commits second meets the first one's
row, is rolled back, and gives the first one's answer; in one process it is told `in-flight` at once.

Nothing that a person wrote is stored: with `reread` only the ids of what was made are kept, and the
answer is made again from them; without it, only answers of ids and figures belong here.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import threading
from collections.abc import Callable
from typing import IO, Any

import sqlalchemy as sa
from flask import Response, g, make_response, request
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from gig.api.answers import answer
from gig.api.principal import asking
from gig.api.problems import from_error
from gig.core import clock
from gig.core.db import Base, db, finishing_with, is_sqlite, rows_changed, transaction
from gig.core.errors import Forbidden, Invalid, NotFound, Refused
from gig.core.text import N_

View = Callable[..., Any]
Reread = Callable[[dict[str, Any]], Any]

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"
KEPT = dt.timedelta(hours=24)
MOST = 200
ANSWERED_WITHIN = dt.timedelta(seconds=60)
CHUNK = 2000
IN_FLIGHT = N_("同一个请求还在处理，稍等一下。")
KEPT_ERRORS = (Refused, Invalid, NotFound, Forbidden)


class IdempotencyKey(Base):
    """One request that was carried out. `ref` names what it made, `body` is its answer where no reread is."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.Index("ix_idempotency_key_created_at", "created_at"),)

    scope: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[dt.datetime]
    ref: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    media_type: Mapped[str | None]
    location: Mapped[str | None]


class _CarriedOut(Exception):
    """Another request with this key has committed first."""


_kept = IdempotencyKey.__table__.c
_FIND = sa.select(
    _kept.request_hash,
    _kept.created_at,
    _kept.ref,
    _kept.status,
    _kept.body,
    _kept.media_type,
    _kept.location,
).where(_kept.scope == sa.bindparam("scope"))

_running: set[tuple[str, str]] = set()
_running_guard = threading.Lock()


def remember(**ref: str | int) -> None:
    """Ids by which this request's answer can be made again; call it before the operation."""
    g.setdefault("idempotency_ref", {}).update(ref)


def idempotent(reread: Reread | None = None) -> Callable[[View], View]:
    """The view's operation happens once for each key; a retry gets the first answer.

    `reread(ref)` returns what the view would: `ref` holds the path's parameters, what the view gave to
    `remember`, and what the operation gave to `gig.core.db.made`. Stand it under `@allow` and over
    `@blueprint.arguments`.
    """

    def decorate(view: View) -> View:
        status = next(iter(getattr(view, "_apidoc", {}).get("success_status_codes", ())), 200)

        @functools.wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            key = request.headers.get(HEADER) or (request.form.get(FIELD) if _is_form() else None)
            if not key:
                return view(*args, **kwargs)
            if len(key) > MOST or not key.isprintable():
                raise Invalid({FIELD: [N_("重试键要是 1 到 200 个可见字符。")]})
            return _Attempt(key, reread, kwargs, status).run(lambda: view(*args, **kwargs))

        wrapper.idempotent = True  # type: ignore[attr-defined]
        return wrapper

    return decorate


class _Attempt:
    """One request with a key."""

    def __init__(self, key: str, reread: Reread | None, kwargs: dict[str, Any], status: int) -> None:
        g.pop("idempotency_ref", None)
        self.scope = _hash(asking().id, request.method, request.path, key)
        self.request_hash = _request_hash()
        self.reread = reread
        self.kwargs = kwargs
        self.status = status
        self.now = clock.received_at()
        self.database = str(db.engine.url)
        self.recorded = False
        self.for_program = request.path.startswith("/api/")

    def run(self, view: Callable[[], Any]) -> Any:
        place = (self.database, self.scope)
        with _running_guard:
            if place in _running:
                raise Refused("in-flight", IN_FLIGHT)
            _running.add(place)
        try:
            return self._first_answer() or self._carry_out(view)
        except _CarriedOut:
            if first := self._first_answer():
                return first
            raise Refused("in-flight", IN_FLIGHT) from None
        finally:
            with _running_guard:
                _running.discard(place)

    def _carry_out(self, view: Callable[[], Any]) -> Any:
        try:
            with finishing_with(self._record):
                response = make_response(view())
        except KEPT_ERRORS as error:
            if not self.for_program:
                raise
            refused = from_error(error)
            self._complete(refused, refusal=True)
            return refused
        if response.status_code < (500 if self.for_program else 400):
            self._complete(response)
        return response

    def _record(self, session: Session) -> None:
        """The last step of the operation's own transaction."""
        values = {
            "scope": self.scope,
            "request_hash": self.request_hash,
            "created_at": self.now,
            "ref": self._ref(session),
        }
        insert = sqlite.insert if is_sqlite(session) else postgresql.insert
        session.flush()
        mine = rows_changed(session, insert(IdempotencyKey).values(**values).on_conflict_do_nothing())
        if not mine and not self.recorded:
            raise _CarriedOut
        self.recorded = True

    def _complete(self, response: Response, *, refusal: bool = False) -> None:
        """What could not be known inside the operation: its answer, where that cannot be made again."""
        if self.recorded and self.reread and not refusal:
            return
        text = response.mimetype in ("application/json", "application/problem+json")
        with transaction() as session:
            self._record(session)
            session.execute(
                sa.update(IdempotencyKey)
                .where(IdempotencyKey.scope == self.scope)
                .values(
                    status=response.status_code,
                    body=response.get_data(as_text=True) if text and (refusal or not self.reread) else None,
                    media_type=response.mimetype,
                    location=response.headers.get("Location"),
                )
            )

    def _ref(self, session: Session) -> str:
        ref = {**self.kwargs, **g.get("idempotency_ref", {}), **session.info.get("made", {})}
        return json.dumps(ref, ensure_ascii=False, sort_keys=True)

    def _first_answer(self) -> Response | None:
        found = db.session.connection().execute(_FIND, {"scope": self.scope}).one_or_none()
        if found is None:
            return None
        if found.created_at <= self.now - KEPT:
            self._forget()
            return None
        if found.request_hash != self.request_hash:
            raise Refused("idempotency-mismatch", N_("这个重试键已用于另一个请求。"))
        if found.body is not None:
            return Response(found.body, found.status, content_type=found.media_type)
        if found.location is not None:
            return Response(status=found.status, headers={"Location": found.location})
        if self.reread is not None:
            return answer(self.reread(json.loads(found.ref)), self.status)
        if found.status is not None and found.media_type != "text/html":
            return Response(status=found.status)
        if self.status == 204:
            return Response(status=204)
        if found.created_at > self.now - ANSWERED_WITHIN:
            raise Refused("in-flight", IN_FLIGHT)
        raise Refused("already-done", N_("这个请求已经做过了，刷新后看结果。"))

    def _forget(self) -> None:
        with transaction() as session:
            session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.scope == self.scope))


def purge_keys(now: dt.datetime) -> str | None:
    """No key older than a day is left."""
    gone = 0
    while removed := _purge_chunk(now - KEPT):
        gone += removed
    return f"{gone} rows" if gone else None


def _purge_chunk(before: dt.datetime) -> int:
    old = sa.select(IdempotencyKey.scope).where(IdempotencyKey.created_at <= before).limit(CHUNK)
    with transaction() as session:
        return rows_changed(session, sa.delete(IdempotencyKey).where(IdempotencyKey.scope.in_(old)))


def _is_form() -> bool:
    return request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.hexdigest()


def _request_hash() -> str:
    """Equal for equal requests: forms are compared by their fields, not by tokens and boundaries."""
    if not _is_form():
        return _hash(request.query_string.decode("latin-1"), hashlib.sha256(request.get_data()).hexdigest())
    parts = [request.query_string.decode("latin-1")]
    for name, value in sorted(request.form.items(multi=True)):
        if name not in ("csrf_token", FIELD):
            parts += [name, value]
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        parts += [name, _hash_of_file(file.stream)]
    return _hash(*parts)


def _hash_of_file(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(64 * 1024):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()
