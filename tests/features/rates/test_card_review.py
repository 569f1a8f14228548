"""A card is reviewed by another person before it is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.payouts.rates import queries
from gig.payouts.rates.models import CardWriter, RateCardVersion
from gig.payouts.rates.operations.drafts import create_draft, discard_draft, edit_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.operations.review import give_back, submit
from gig.payouts.rates.rules.seed import seed_card
from tests import builders
from tests.features.rates.at_once import at_once

NOW = dt.datetime(2026, 11, 12, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


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


LOWER = [{"queue": "*", "issue_type": "*", "tier": "*", "fen": 119}]


HIGHER = {"base": [{"queue": "*", "issue_type": "*", "tier": "*", "fen": 300}]}


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
