"""A retry changes nothing and gets the first answer, on whatever day it breaks."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from gig.api import idempotency
from gig.api.idempotency import IdempotencyKey, purge_keys
from gig.core.db import db
from gig.core.errors import Refused
from tests.features.api.conftest import Shop, brewed

KEY = {"Idempotency-Key": "tap-1"}


@pytest.fixture
def order(client: FlaskClient, bearer: dict[str, str], shop: Shop) -> Any:
    def send(tea: str = "龙井", headers: dict[str, str] = KEY, path: str = "/api/v1/orders") -> Any:
        return client.post(path, json={"tea": tea}, headers={**bearer, **headers})

    return send


def test_without_a_key_each_request_counts(order: Any, app: Flask) -> None:
    assert order(headers={}).json != order(headers={}).json
    with app.app_context():
        assert brewed() == 2


def test_a_retry_gets_the_first_answer(order: Any, app: Flask) -> None:
    first, second = order(), order()
    assert first.status_code == second.status_code == 201
    assert second.json == {"id": first.json["id"], "reread": True}
    with app.app_context():
        assert brewed() == 1


def test_where_nothing_is_reread_the_answer_is_kept(order: Any, app: Flask) -> None:
    first, second = order(path="/api/v1/tips"), order(path="/api/v1/tips")
    assert (first.status_code, first.json) == (second.status_code, second.json)
    with app.app_context():
        assert brewed() == 1


def test_of_a_reread_request_no_words_are_stored(order: Any, app: Flask) -> None:
    order("不要放糖，我是林可")
    with app.app_context():
        kept = db.session.scalars(sa.select(IdempotencyKey)).one()
        assert kept.body is None
        assert "林可" not in repr(vars(kept))


def test_one_key_with_another_body_is_a_mismatch(order: Any, app: Flask) -> None:
    order("龙井")
    answer = order("普洱")
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/idempotency-mismatch")
    with app.app_context():
        assert brewed() == 1


def test_a_key_belongs_to_one_path(order: Any, app: Flask) -> None:
    assert order().status_code == order(path="/api/v1/tips").status_code == 201
    with app.app_context():
        assert brewed() == 2


def test_a_refusal_is_the_first_answer_too(order: Any, shop: Shop) -> None:
    shop.fail = Refused("sold-out", "没有找到。")
    assert order().status_code == 409
    shop.fail = None
    assert order().json["type"] == "/problems/sold-out"
    assert order(headers={"Idempotency-Key": "tap-2"}).status_code == 201


def test_a_wrong_body_is_checked_anew(order: Any) -> None:
    assert order("").status_code == 422


def test_a_fault_of_ours_is_not_kept(order: Any, shop: Shop, app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    shop.fail = RuntimeError("the kettle fell")
    assert order().status_code == 500
    shop.fail = None
    assert order().status_code == 201
    with app.app_context():
        assert brewed() == 1


def test_a_crash_before_the_commit_leaves_neither_order_nor_key(order: Any, shop: Shop, app: Flask) -> None:
    shop.fail = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        order()
    shop.fail = None
    assert order().status_code == 201
    with app.app_context():
        assert brewed() == 1


def test_a_crash_after_the_commit_leaves_both(
    order: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(idempotency._Attempt, "_complete", die)
        with pytest.raises(KeyboardInterrupt):
            order()
        with pytest.raises(KeyboardInterrupt):
            order(path="/api/v1/tips")
    assert order().json["reread"] is True
    assert order(path="/api/v1/tips").json["type"] == "/problems/in-flight"
    with app.app_context():
        assert brewed() == 2


def test_while_the_first_runs_the_second_is_in_flight(order: Any, shop: Shop, app: Flask) -> None:
    inside: list[Any] = []
    shop.during = lambda: inside.append(order())
    assert order().status_code == 201
    assert inside[0].json["type"] == "/problems/in-flight"
    with app.app_context():
        assert brewed() == 1


def test_of_many_at_once_one_is_carried_out(
    app: Flask, bearer: dict[str, str], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in many processes: nobody in this one knows of the others."""

    class Forgetful(set[Any]):
        def __contains__(self, _: object) -> bool:
            return False

    monkeypatch.setattr(idempotency, "_running", Forgetful())
    start, answers = threading.Barrier(8), []

    def send() -> None:
        client = app.test_client()
        start.wait()
        answers.append(client.post("/api/v1/orders", json={"tea": "x"}, headers={**bearer, **KEY}))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json["id"] for answer in answers}) == 1
    with app.app_context():
        assert brewed() == 1


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_a_key_that_is_no_key_is_refused(order: Any, key: str) -> None:
    assert order(headers={"Idempotency-Key": key}).status_code == 422


def test_a_key_is_forgotten_after_a_day(order: Any, app: Flask) -> None:
    order()
    with app.app_context():
        made_at = db.session.scalars(sa.select(IdempotencyKey.created_at)).one()
        purge_keys(made_at + dt.timedelta(hours=23))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 1
        purge_keys(made_at + dt.timedelta(hours=24))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 0


def test_a_key_older_than_a_day_is_a_new_one(order: Any, app: Flask) -> None:
    first = order()
    with app.app_context():
        made_at = db.session.scalars(sa.select(IdempotencyKey.created_at)).one()
        db.session.execute(sa.update(IdempotencyKey).values(created_at=made_at - dt.timedelta(hours=25)))
        db.session.commit()
    assert order().json["id"] != first.json["id"]
