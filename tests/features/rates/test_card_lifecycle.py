"""From draft to published to withdrawn, and which card holds at an instant."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.db import EPOCH
from gig.core.errors import Invalid, NotFound, Refused
from gig.payouts.rates import queries
from gig.payouts.rates.models import RateCardVersion
from gig.payouts.rates.operations.drafts import create_draft, discard_draft, edit_draft
from gig.payouts.rates.operations.publication import publish, withdraw
from gig.payouts.rates.rules.seed import seed_card
from tests.features.rates.at_once import at_once
from tests.rules.cards import band, base_row, card_json

NOW = dt.datetime(2026, 11, 2, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
TICK = dt.timedelta(microseconds=1)
OPS = "01jopsopsopsopsopsopsopsop"


@pytest.fixture(autouse=True)
def seeded(session: Session) -> str:
    """The card that a new database comes with."""
    return session.scalars(sa.select(RateCardVersion.id)).one()


def scheduled(at: dt.datetime, **changes: object) -> str:
    id = create_draft(document=card_json(**changes), now=NOW, actor_id=OPS)
    publish(id=id, valid_from=at, now=NOW, actor_id=OPS)
    return id


def in_force(session: Session, at: dt.datetime) -> str:
    return queries.card_in_force(session, at)[0]


def test_a_new_database_has_a_card_in_force_since_the_epoch(session: Session, seeded: str) -> None:
    assert in_force(session, EPOCH) == in_force(session, NOW) == seeded
    assert queries.card(session, seeded) == seed_card("Asia/Shanghai")


def test_a_card_holds_from_its_instant_and_not_a_microsecond_earlier(session: Session, seeded: str) -> None:
    start = NOW + DAY
    id = scheduled(start)
    assert in_force(session, start - TICK) == seeded
    assert in_force(session, start) == id
    assert in_force(session, start + 1000 * DAY) == id


def test_the_card_in_force_can_be_a_column_of_another_query(session: Session) -> None:
    id = scheduled(NOW + DAY)
    instants = sa.select(sa.literal(NOW + DAY, type_=RateCardVersion.valid_from.type).label("at")).subquery()
    assert session.execute(sa.select(queries.card_in_force_id(instants.c.at))).scalar_one() == id


def test_a_draft_copies_the_card_in_force_and_starts_tomorrow(session: Session, seeded: str) -> None:
    draft = queries.version(session, create_draft(now=NOW, actor_id=OPS))
    assert draft.based_on == seeded
    assert draft.valid_from == dt.datetime(2026, 11, 2, 16, tzinfo=dt.UTC)
    assert queries.card_of(draft).base == queries.card(session, seeded).base


def test_an_unsound_card_is_refused_with_every_fault_by_its_pointer() -> None:
    document = card_json(
        base=[base_row(45), base_row(405, queue="refund"), base_row(100)],
        bands=[band("mon-sun", "10:00", "12:00"), band("mon", "11:00", "13:00")],
        late=[{"over_s": 50, "percent": 20}],
    )
    with pytest.raises(Invalid) as refused:
        create_draft(document=document, now=NOW, actor_id=OPS)
    pointers = {"/base/0/fen", "/base/1/fen", "/base/2", "/bands/1", "/late/0/over_s"}
    assert set(refused.value.errors) == pointers


def test_another_zone_than_the_business_zone_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        create_draft(document=card_json(timezone="Europe/Berlin"), now=NOW, actor_id=OPS)
    assert list(refused.value.errors) == ["/timezone"]


def test_an_edit_over_a_newer_revision_is_refused_and_changes_nothing(session: Session) -> None:
    id = create_draft(document=card_json(), now=NOW, actor_id=OPS)
    assert edit_draft(id=id, document=card_json(name="mine"), revision=1, now=NOW, actor_id=OPS) == 2
    with pytest.raises(Refused) as refused:
        edit_draft(id=id, document=card_json(name="theirs"), revision=1, now=NOW, actor_id=OPS)
    assert refused.value.slug == "overtaken"
    assert queries.version(session, id).name == "mine"


def test_publishing_a_revision_that_was_overtaken_is_refused() -> None:
    id = create_draft(document=card_json(), now=NOW, actor_id=OPS)
    edit_draft(id=id, document=card_json(name="other"), revision=1, now=NOW, actor_id=OPS)
    with pytest.raises(Refused, match="别人刚保存过"):
        publish(id=id, valid_from=NOW + DAY, revision=1, now=NOW, actor_id=OPS)


@pytest.mark.parametrize("start", [NOW, NOW - DAY])
def test_a_card_cannot_begin_in_the_past_or_at_this_very_instant(
    session: Session, start: dt.datetime
) -> None:
    id = create_draft(document=card_json(), now=NOW, actor_id=OPS)
    with pytest.raises(Invalid) as refused:
        publish(id=id, valid_from=start, now=NOW, actor_id=OPS)
    assert list(refused.value.errors) == ["/valid_from"]
    assert queries.version(session, id).state == "draft"


def test_two_cards_cannot_begin_at_one_instant() -> None:
    scheduled(NOW + DAY)
    with pytest.raises(Invalid) as refused:
        scheduled(NOW + DAY)
    assert list(refused.value.errors) == ["/valid_from"]


def test_of_two_publications_at_one_instant_at_once_exactly_one_wins(app: Flask, session: Session) -> None:
    drafts = [create_draft(document=card_json(name=f"v{n}"), now=NOW, actor_id=OPS) for n in range(4)]
    acts = [partial(publish, id=id, valid_from=NOW + DAY, now=NOW, actor_id=OPS) for id in drafts]
    refused = [error for error in at_once(app, acts) if error]
    told = [list(error.errors) for error in refused if isinstance(error, Invalid)]
    assert (len(refused), told) == (3, [["/valid_from"]] * 3)
    assert in_force(session, NOW + DAY) in drafts


def test_publishing_twice_changes_nothing_the_second_time(session: Session) -> None:
    id = scheduled(NOW + DAY)
    publish(id=id, valid_from=NOW + DAY, now=NOW + 2 * DAY, actor_id=OPS)
    with pytest.raises(Refused):
        publish(id=id, valid_from=NOW + 5 * DAY, now=NOW, actor_id=OPS)
    assert queries.version(session, id).published_at == NOW


def test_a_scheduled_card_is_withdrawn_with_a_reason_and_frees_its_instant(
    session: Session, seeded: str
) -> None:
    id = scheduled(NOW + DAY)
    with pytest.raises(Invalid):
        withdraw(id=id, reason="  ", now=NOW, actor_id=OPS)
    withdraw(id=id, reason="预算没批", now=NOW, actor_id=OPS)
    assert in_force(session, NOW + DAY) == seeded
    assert queries.version(session, id).withdrawn_reason == "预算没批"
    assert scheduled(NOW + DAY) == in_force(session, NOW + DAY)


def test_a_card_that_has_begun_cannot_be_withdrawn(seeded: str) -> None:
    id = scheduled(NOW + DAY)
    for begun, at in ((id, NOW + DAY), (seeded, NOW)):
        with pytest.raises(Refused) as refused:
            withdraw(id=begun, reason="太迟", now=at, actor_id=OPS)
        assert refused.value.slug == "started"


def test_a_published_card_is_not_edited_or_discarded(seeded: str) -> None:
    with pytest.raises(Refused):
        edit_draft(id=seeded, document=card_json(), revision=1, now=NOW, actor_id=OPS)
    with pytest.raises(Refused):
        discard_draft(id=seeded, now=NOW, actor_id=OPS)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rate_card SET body = '{}'",
        "UPDATE rate_card SET valid_from = published_at",
        "UPDATE rate_card SET state = 'withdrawn', withdrawn_at = published_at, name = 'x'",
        "UPDATE rate_card SET state = 'draft', published_at = NULL",
        "DELETE FROM rate_card",
    ],
)
def test_the_database_itself_refuses_to_change_a_published_card(session: Session, statement: str) -> None:
    with pytest.raises(DatabaseError, match="never changes"):
        session.execute(sa.text(statement))
    session.rollback()


def test_a_discarded_draft_is_gone(session: Session) -> None:
    id = create_draft(now=NOW, actor_id=OPS)
    discard_draft(id=id, now=NOW, actor_id=OPS)
    with pytest.raises(NotFound):
        queries.version(session, id)


def test_every_step_leaves_a_line_in_the_log(session: Session) -> None:
    id = scheduled(NOW + DAY)
    withdraw(id=id, reason="换一天", now=NOW, actor_id=OPS)
    lines = session.execute(
        sa.select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.reason)
        .where(AuditEntry.object_id == id)
        .order_by(AuditEntry.id)
    ).all()
    assert [tuple(line) for line in lines] == [
        ("rate_card.create", OPS, None),
        ("rate_card.publish", OPS, "没有写明原因"),
        ("rate_card.withdraw", OPS, "换一天"),
    ]
