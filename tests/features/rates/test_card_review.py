"""A card is reviewed by another person, and what lowers anybody's pay is published in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from gig.core import clock
from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.dispatch.operations.settings import change_number
from gig.payouts.rates import news, queries
from gig.payouts.rates.models import CardWriter, RateCardVersion
from gig.payouts.rates.operations.drafts import create_draft, discard_draft, edit_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import give_back, submit
from gig.payouts.rates.rules.seed import seed_card
from tests import builders
from tests.features.rates.at_once import at_once
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
    assert str(refused.value) == "陈雨 已把 other 取回去改。"


def test_a_review_of_a_card_that_was_given_back_says_by_whom_and_why(maker: str, checker: str) -> None:
    third = builders.person(roles="ops")
    id = submitted(maker)
    give_back(id=id, reason="周末太长", now=NOW, actor_id=checker)
    with pytest.raises(Refused) as refused:
        publish(id=id, revision=2, now=NOW, actor_id=third)
    assert refused.value.slug == "overtaken"
    assert str(refused.value) == f"周航 已把 {document()['name']} 退回为草稿：周末太长"


def test_a_review_of_a_card_that_was_only_saved_since_tells_of_no_earlier_return(
    maker: str, checker: str
) -> None:
    id = submitted(maker)
    give_back(id=id, reason="周末太长", now=NOW, actor_id=checker)
    edit_draft(id=id, document=document(name="other"), revision=3, now=NOW, actor_id=maker)
    with pytest.raises(Refused, match="别人刚保存过"):
        publish(id=id, revision=3, now=NOW, actor_id=checker)


def test_of_two_reviews_at_once_exactly_one_decides(
    app: Flask, session: Session, maker: str, checker: str
) -> None:
    third = builders.person(roles="ops")
    id = submitted(maker)
    decisions: list[Callable[[], object]] = [
        lambda: publish(id=id, revision=2, now=NOW, actor_id=checker),
        lambda: give_back(id=id, reason="再想想", revision=2, now=NOW, actor_id=third),
    ] * 3
    outcomes = [error.slug if error else "done" for error in at_once(app, decisions)]
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


HIGHER = {"base": [{"queue": "*", "issue_type": "*", "tier": "*", "fen": 300}]}


def scheduled(maker: str, checker: str, day: int, *, now: dt.datetime = NOW, **changes: Any) -> str:
    id = create_draft(
        document=document(**changes) | {"valid_from": (NOW + day * DAY).isoformat()}, now=now, actor_id=maker
    )
    publish(id=id, now=now, actor_id=checker)
    return id


def test_a_raise_may_not_make_a_cut_of_the_card_that_is_scheduled_after_it(maker: str, checker: str) -> None:
    """Nobody was told of Friday's card, for it lowered nothing; a raise on Wednesday would make it a cut."""
    raised(maker, checker)
    scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    with pytest.raises(Invalid) as refused:
        scheduled(maker, checker, 2, **HIGHER)
    told = " ".join(map(str, refused.value.errors["/valid_from"]))
    assert "已排定的 friday 从" in told and "先撤回 friday" in told and "*,*,*：3.00 → 1.20" in told
    with pytest.raises(Invalid):
        submit(id=drafted(maker, **HIGHER), why="旺季", now=NOW, actor_id=maker)


def test_the_way_out_that_the_refusal_names_is_one(maker: str, checker: str) -> None:
    raised(maker, checker)
    friday = scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    withdraw(id=friday, reason="重排", now=NOW, actor_id=maker)
    scheduled(maker, checker, 2, **HIGHER)
    scheduled(maker, checker, 7, name="friday", max_paid_replies=11)


def test_a_raise_after_the_scheduled_card_makes_nothing_a_cut(maker: str, checker: str) -> None:
    raised(maker, checker)
    scheduled(maker, checker, 4, name="friday", max_paid_replies=11)
    scheduled(maker, checker, 5, **HIGHER, max_paid_replies=11)


def test_a_raise_is_free_when_what_follows_it_is_far_enough_to_be_told(maker: str, checker: str) -> None:
    raised(maker, checker)
    scheduled(maker, checker, 7, name="next week", max_paid_replies=11)
    scheduled(maker, checker, 2, **HIGHER)


def test_what_was_told_in_time_stays_told_whatever_is_paid_until_then(maker: str, checker: str) -> None:
    """Ten fen less for everything from the eighth day was told; four days before it the same pay may rise for
    a while, but nothing else that the eighth day's card would then lower."""
    raised(maker, checker)
    low, dear = ([{**row, "fen": row["fen"] + by} for row in document()["base"]] for by in (-10, 100))
    scheduled(maker, checker, 8, name="told", base=low)
    scheduled(maker, checker, 5, now=NOW + 4 * DAY, base=dear)
    with pytest.raises(Invalid):
        scheduled(maker, checker, 6, now=NOW + 4 * DAY, base=dear, max_paid_replies=20)


def test_a_scheduled_card_may_be_withdrawn_until_it_starts_even_if_it_had_promised_more(
    session: Session, maker: str, checker: str
) -> None:
    raised(maker, checker)
    id = scheduled(maker, checker, 2, **HIGHER)
    withdraw(id=id, reason="写错了", now=NOW + 2 * DAY - dt.timedelta(seconds=1), actor_id=maker)
    assert state(session, id) == "withdrawn"


def test_of_a_raise_and_a_card_after_it_published_at_once_only_one_is_there(
    app: Flask, session: Session, maker: str, checker: str
) -> None:
    """Either alone is no cut; both together are one that nobody was told of."""
    raised(maker, checker)
    drafts = [
        drafted(maker, **HIGHER),
        drafted(maker, valid_from=(NOW + 2 * DAY).isoformat(), max_paid_replies=11),
    ]
    acts = [partial(publish, id=id, now=NOW, actor_id=checker) for id in drafts]
    assert sorted(error.slug if error else "published" for error in at_once(app, acts)) == [
        "invalid",
        "published",
    ]


def test_who_wrote_on_a_card_is_known_without_the_log(session: Session, maker: str, checker: str) -> None:
    """A log that somebody shortens lets nobody review their own work."""
    id = submitted(maker)
    with transaction() as writing:
        name = writing.get_bind().dialect.name
        on = " ON audit_log" if name == "postgresql" else ""
        for trigger in writing.scalars(sa.text(TRIGGERS[name])).all():
            writing.execute(sa.text(f"DROP TRIGGER {trigger}{on}"))
        writing.execute(sa.delete(AuditEntry).where(AuditEntry.object_id == id))
    with pytest.raises(Refused) as refused:
        publish(id=id, now=NOW, actor_id=maker)
    assert refused.value.slug == "two-people"
    assert queries.writers_of(session, id) == {maker}


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_log'::regclass AND NOT tgisinternal",
}


def test_a_publication_keeps_the_reason_of_the_submission_and_notes_the_reviewers(
    session: Session, maker: str, checker: str
) -> None:
    plain, remarked = submitted(maker), submitted(maker, valid_from=(NOW + 9 * DAY).isoformat())
    reason = queries.version(session, plain).why
    publish(id=plain, now=NOW, actor_id=checker)
    publish(id=remarked, why=" 预算已批 ", now=NOW, actor_id=checker)
    session.expire_all()
    assert {queries.version(session, id).why for id in (plain, remarked)} == {reason}
    noted = sa.select(AuditEntry.object_id, AuditEntry.reason).where(AuditEntry.action == "rate_card.publish")
    assert dict(session.execute(noted).all()) == {plain: None, remarked: "预算已批"}


def test_a_discarded_draft_leaves_no_writers(session: Session, maker: str) -> None:
    id = drafted(maker)
    discard_draft(id=id, now=NOW, actor_id=maker)
    assert session.scalars(sa.select(CardWriter).where(CardWriter.card_id == id)).all() == []


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

    monkeypatch.setattr(news, "when_the_schedule_changes", [*news.when_the_schedule_changes, fail])
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
