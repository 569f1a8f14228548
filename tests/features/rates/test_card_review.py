"""A card is reviewed by another person, and what lowers anybody's pay is published in time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.audit import AuditEntry
from gig.core.db import db, transaction
from gig.core.errors import GigError, Invalid, Refused
from gig.dispatch.operations.settings import change_number
from gig.payouts.rates import queries
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.operations import publication
from gig.payouts.rates.operations.drafts import create_draft, edit_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import give_back, submit
from gig.payouts.rates.rules.seed import seed_card
from tests import builders
from tests.features.rates.test_card_api import token_of
from tests.features.rates.test_what_if import a_turn, keep

NOW = dt.datetime(2026, 11, 12, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def maker(session: Session) -> str:
    return builders.person(roles="ops", name="陈雨")


@pytest.fixture
def checker(maker: str) -> str:
    return builders.person(roles="ops", name="周航")


def document(**changes: Any) -> dict[str, Any]:
    """The card that a new platform comes with, changed, from tomorrow on."""
    return seed_card("Asia/Shanghai").to_json() | {"valid_from": (NOW + DAY).isoformat()} | changes


def drafted(by: str | None, **changes: Any) -> str:
    return create_draft(document=document(**changes), now=NOW, actor_id=by)


def submitted(by: str, **changes: Any) -> str:
    id = drafted(by, **changes)
    submit(id=id, why="试点", now=NOW, actor_id=by)
    return id


def state(session: Session, id: str) -> str:
    session.expire_all()
    return queries.version(session, id).state


def test_a_submitted_card_is_published_by_another_person(session: Session, maker: str, checker: str) -> None:
    id = submitted(maker)
    assert state(session, id) == "submitted"
    publish(id=id, now=NOW, actor_id=checker)
    found = queries.version(session, id)
    assert (found.state, found.submitted_by, found.published_by) == ("published", maker, checker)
    actions = sa.select(AuditEntry.action, AuditEntry.reason).where(AuditEntry.object_id == id)
    assert session.execute(actions.order_by(AuditEntry.id)).all() == [
        ("rate_card.create", None),
        ("rate_card.submit", "试点"),
        ("rate_card.publish", None),
    ]


@pytest.mark.parametrize("first", [drafted, submitted])
def test_nobody_reviews_their_own_card(
    session: Session, maker: str, checker: str, first: Callable[[str], str]
) -> None:
    id = first(maker)
    before = state(session, id)
    with pytest.raises(Refused) as refused:
        publish(id=id, now=NOW, actor_id=maker)
    assert refused.value.slug == "two-people"
    assert state(session, id) == before


def test_nobody_who_wrote_on_a_card_since_its_creation_reviews_it(
    session: Session, maker: str, checker: str
) -> None:
    third = builders.person(roles="ops")
    id = drafted(maker)
    edit_draft(id=id, document=document(name="mine"), revision=1, now=NOW, actor_id=checker)
    submit(id=id, why="一起写的", now=NOW, actor_id=checker)
    for writer in (maker, checker):
        with pytest.raises(Refused) as refused:
            publish(id=id, now=NOW, actor_id=writer)
        assert (refused.value.slug, "没有写过它的运营" in str(refused.value)) == ("two-people", True)
    publish(id=id, now=NOW, actor_id=third)


def test_when_all_wrote_on_a_card_a_fresh_draft_of_it_can_be_reviewed(
    session: Session, maker: str, checker: str
) -> None:
    id = drafted(maker)
    edit_draft(id=id, document=document(name="mine"), revision=1, now=NOW, actor_id=checker)
    for writer in (maker, checker):
        with pytest.raises(Refused) as refused:
            publish(id=id, now=NOW, actor_id=writer)
        assert "从它新建一份草稿" in str(refused.value)
    fresh = create_draft(based_on=id, now=NOW, actor_id=maker)
    publish(id=fresh, now=NOW, actor_id=checker)
    assert state(session, fresh) == "published"


def test_the_only_person_publishes_alone_and_the_log_says_so(session: Session, maker: str) -> None:
    id = submitted(maker)
    publish(id=id, now=NOW, actor_id=maker)
    detail = session.scalar(
        sa.select(AuditEntry.detail).where(
            AuditEntry.object_id == id, AuditEntry.action == "rate_card.publish"
        )
    )
    assert '"alone": true' in (detail or "")


def test_someone_who_left_is_nobody_who_could_review(session: Session, maker: str, checker: str) -> None:
    assert queries.others_may_review(session, maker)
    with transaction() as writing:
        writing.execute(sa.text("UPDATE person SET disabled_at = created_at WHERE id = :id"), {"id": checker})
    assert not queries.others_may_review(session, maker)


def test_submitting_twice_changes_nothing_the_second_time(session: Session, maker: str) -> None:
    id = submitted(maker)
    submit(id=id, why="again", now=NOW + DAY, actor_id=maker)
    found = queries.version(session, id)
    assert (found.submitted_at, found.why, found.revision) == (NOW, "试点", 2)


def test_what_waits_for_its_review_does_not_change(session: Session, maker: str, checker: str) -> None:
    id = submitted(maker)
    with pytest.raises(Refused) as refused:
        edit_draft(id=id, document=document(name="other"), revision=2, now=NOW, actor_id=maker)
    assert refused.value.slug == "submitted"
    with pytest.raises(Refused):
        withdraw(id=id, reason="不要了", now=NOW, actor_id=maker)
    with pytest.raises(DatabaseError), transaction() as writing:
        writing.execute(sa.update(RateCardVersion).where(RateCardVersion.id == id).values(body="{}"))


def test_a_submission_needs_its_reason_and_a_card_that_could_be_published(maker: str) -> None:
    with pytest.raises(Invalid) as refused:
        submit(id=drafted(maker), why=" ", now=NOW, actor_id=maker)
    assert list(refused.value.errors) == ["/why"]
    with pytest.raises(Invalid) as refused:
        submit(id=drafted(maker, valid_from=NOW.isoformat()), why="x", now=NOW, actor_id=maker)
    assert list(refused.value.errors) == ["/valid_from"]


def test_a_card_is_given_back_with_a_reason_and_handed_in_again(
    session: Session, maker: str, checker: str
) -> None:
    id = submitted(maker)
    with pytest.raises(Invalid):
        give_back(id=id, reason="", now=NOW, actor_id=checker)
    give_back(id=id, reason="周末太长", now=NOW, actor_id=checker)
    assert state(session, id) == "draft"
    submit(id=id, why="改短了", now=NOW, actor_id=maker)
    give_back(id=id, reason="", now=NOW, actor_id=maker)
    assert state(session, id) == "draft"


def test_what_was_reviewed_is_not_given_back(maker: str, checker: str) -> None:
    id = submitted(maker)
    publish(id=id, now=NOW, actor_id=checker)
    with pytest.raises(Refused) as refused:
        give_back(id=id, reason="晚了", now=NOW, actor_id=maker)
    assert refused.value.slug == "published"


def test_a_review_of_a_card_that_went_on_is_refused(maker: str, checker: str) -> None:
    """The page was read before the maker took the card back and handed another one in."""
    id = submitted(maker)
    give_back(id=id, reason="", now=NOW, actor_id=maker)
    edit_draft(id=id, document=document(name="other"), revision=3, now=NOW, actor_id=maker)
    submit(id=id, why="另一张", now=NOW, actor_id=maker)
    with pytest.raises(Refused) as refused:
        publish(id=id, revision=2, now=NOW, actor_id=checker)
    assert refused.value.slug == "overtaken"


def test_of_two_reviews_at_once_exactly_one_decides(
    app: Flask, session: Session, maker: str, checker: str
) -> None:
    third = builders.person(roles="ops")
    id = submitted(maker)
    decisions: list[Callable[[], None]] = [
        lambda: publish(id=id, revision=2, now=NOW, actor_id=checker),
        lambda: give_back(id=id, reason="再想想", revision=2, now=NOW, actor_id=third),
    ] * 3
    outcomes: list[str] = []
    start = threading.Barrier(len(decisions))

    def race(decide: Callable[[], None]) -> None:
        with app.app_context():
            start.wait()
            try:
                decide()
                outcomes.append("done")
            except GigError as error:
                outcomes.append(error.slug)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=race, args=(each,)) for each in decisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decided = session.scalars(
        sa.select(AuditEntry.action).where(
            AuditEntry.object_id == id, AuditEntry.action.in_(["rate_card.publish", "rate_card.give_back"])
        )
    ).all()
    assert len(decided) == 1
    assert state(session, id) == ("published" if decided == ["rate_card.publish"] else "draft")
    assert set(outcomes) <= {"done", "overtaken", "published"}


def raised(by: str, checker: str) -> str:
    """A first card of this platform's own, in force for the tests below."""
    id = drafted(by, name="first", valid_from=(NOW + dt.timedelta(minutes=5)).isoformat())
    publish(id=id, now=NOW, actor_id=checker)
    return id


LOWER = [{"queue": "*", "issue_type": "*", "tier": "*", "fen": 119}]


def test_a_cut_holds_a_week_after_its_publication_at_the_earliest(maker: str, checker: str) -> None:
    raised(maker, checker)
    soon = drafted(maker, base=LOWER, valid_from=(NOW + 7 * DAY - dt.timedelta(minutes=1)).isoformat())
    with pytest.raises(Invalid) as refused:
        publish(id=soon, now=NOW, actor_id=checker)
    told = " ".join(map(str, refused.value.errors["/valid_from"]))
    assert "7 天" in told
    assert "*,*,*：1.20 → 1.19" in told
    assert "quality,*,*：2.40 → 1.19" in told
    publish(id=soon, valid_from=NOW + 7 * DAY, now=NOW, actor_id=checker)


def test_the_maker_is_told_of_the_cuts_when_handing_in(maker: str, checker: str) -> None:
    raised(maker, checker)
    with pytest.raises(Invalid) as refused:
        submit(id=drafted(maker, base=LOWER), why="省钱", now=NOW, actor_id=maker)
    assert list(refused.value.errors) == ["/valid_from"]


def test_a_raise_may_hold_in_a_minute(maker: str, checker: str) -> None:
    raised(maker, checker)
    at = NOW + dt.timedelta(minutes=6)
    publish(id=drafted(maker, max_paid_replies=11, valid_from=at.isoformat()), now=NOW, actor_id=checker)


def test_taking_a_raise_back_is_a_cut_like_any_other(maker: str, checker: str) -> None:
    raised(maker, checker)
    first = drafted(maker, max_paid_replies=20, valid_from=(NOW + DAY).isoformat())
    publish(id=first, now=NOW, actor_id=checker)
    back = drafted(maker, valid_from=(NOW + 2 * DAY).isoformat())
    with pytest.raises(Invalid):
        publish(id=back, now=NOW, actor_id=checker)


def test_before_anybody_was_paid_the_card_that_came_with_the_platform_binds_nobody(
    session: Session, maker: str
) -> None:
    publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=maker)


def test_once_a_reply_was_paid_by_it_it_does(session: Session, maker: str) -> None:
    keep(session, [a_turn()])
    with pytest.raises(Invalid):
        publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=maker)


def test_a_publication_that_came_to_nothing_leaves_no_price_behind(
    session: Session, maker: str, checker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised(maker, checker)
    later = {"valid_from": (NOW + 8 * DAY).isoformat()}
    id = drafted(maker, base=LOWER, **later)

    def fail(*_given: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(publication, "when_it_pays_less", [*publication.when_it_pays_less, fail])
    with pytest.raises(RuntimeError):
        publish(id=id, now=NOW, actor_id=checker)
    monkeypatch.undo()
    again = document(base=[{**LOWER[0], "fen": 110}], **later)
    edit_draft(id=id, document=again, revision=1, now=NOW, actor_id=maker)
    publish(id=id, now=NOW, actor_id=checker)
    session.rollback()
    assert queries.card(session, id).base_fen("general", "", "bronze") == 110


def test_the_notice_is_finances_number(session: Session, maker: str, checker: str) -> None:
    from gig.core import tunables

    raised(maker, checker)
    with transaction() as writing:
        tunables.change(writing, "rate_notice_days", 1, actor_id=None, reason="试点", now=NOW)
    publish(id=drafted(maker, base=LOWER), now=NOW, actor_id=checker)


def test_a_shorter_notice_holds_once_two_of_finance_have_said_so(
    session: Session, maker: str, checker: str
) -> None:
    raised(maker, checker)
    cut = drafted(maker, base=LOWER)
    for who in ("xu", "xu"):
        change_number(name="rate_notice_days", value=0, reason="急", roles=["finance"], actor_id=who, now=NOW)
        with pytest.raises(Invalid):
            publish(id=cut, now=NOW, actor_id=checker)
    change_number(name="rate_notice_days", value=0, reason="急", roles=["finance"], actor_id="li", now=NOW)
    publish(id=cut, now=NOW, actor_id=checker)


def test_a_program_hands_in_and_another_persons_reviews(client: FlaskClient, session: Session) -> None:
    first, second = token_of("ops"), token_of("ops")
    start = (clock.now() + DAY).isoformat()
    id = client.post("/api/v1/rate-cards", json=document(valid_from=start), headers=first).get_json()["id"]
    url = f"/api/v1/rate-cards/{id}"
    handed = client.post(f"{url}/submission", json={"why": "试点", "revision": 1}, headers=first)
    assert (handed.status_code, handed.get_json()["state"]) == (201, "submitted")
    revision = {"revision": handed.get_json()["revision"]}
    own = client.post(f"{url}/publication", json=revision, headers=first)
    assert (own.status_code, own.get_json()["type"]) == (409, "/problems/two-people")
    assert client.delete(f"{url}/submission?reason=太早", headers=second).status_code == 204
    again = client.get(url, headers=first).get_json()["revision"]
    client.post(f"{url}/submission", json={"why": "试点", "revision": again}, headers=first)
    unread = client.post(f"{url}/publication", json=revision, headers=second)
    assert (unread.status_code, unread.get_json()["type"]) == (409, "/problems/overtaken")
    read = client.get(url, headers=second).get_json()["revision"]
    passed = client.post(f"{url}/publication", json={"revision": read}, headers=second)
    assert (passed.status_code, passed.get_json()["state"]) == (201, "published")


def test_a_program_that_names_no_revision_means_the_present_one(
    client: FlaskClient, session: Session
) -> None:
    first, second = token_of("ops"), token_of("ops")
    start = (clock.now() + DAY).isoformat()
    id = client.post("/api/v1/rate-cards", json=document(valid_from=start), headers=first).get_json()["id"]
    url = f"/api/v1/rate-cards/{id}"
    assert client.post(f"{url}/submission", json={"why": "试点"}, headers=first).status_code == 201
    own = client.post(f"{url}/publication", headers=first)
    assert (own.status_code, own.get_json()["type"]) == (409, "/problems/two-people")
    passed = client.post(f"{url}/publication", headers=second)
    assert (passed.status_code, passed.get_json()["state"]) == (201, "published")
