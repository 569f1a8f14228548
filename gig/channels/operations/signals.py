"""Noticing that an agent and a customer may be one person: the same phone, device or network address.

Either side may come first, so each looks for the other when it leaves a mark. A mark is a blind index:
the phone is indexed as people's phones are, so that it meets theirs. On PostgreSQL whoever writes a
suspicion holds its inquiry first, so that no two wait in a circle.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.channels.models import AgentMark, CustomerMark, Suspicion
from gig.channels.values import MARK_LIFE, MOST_SHARED, STRONG
from gig.core.crypto import keyring
from gig.core.db import is_sqlite, rows_changed, transaction
from gig.core.errors import Invalid
from gig.core.ids import new_id
from gig.dispatch.models import Inquiry
from gig.identity import phones
from gig.identity.models import Agent, Person
from gig.payouts.disbursement.operations import questions

Marks = Mapping[str, str]
"""kind → blind index"""


def marks_of(*, device: str | None = None, address: str | None = None, phone: str | None = None) -> Marks:
    """The blind indexes of what is known. A private address and what is no mobile number say nothing."""
    found: dict[str, str] = {}
    if phone:
        with contextlib.suppress(Invalid):
            found["phone"] = phones.index(phones.normal(phone))
    if device:
        found["device"] = keyring().index(device, "device")
    if address and _is_public(address):
        found["address"] = keyring().index(address, "address")
    return found


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def note_customer(session: Session, inquiry_id: str, marks: Marks, *, now: dt.datetime) -> None:
    """The inquiry's customer has left the marks; agents who look like them are suspected."""
    for kind, mark in marks.items():
        _touch(session, CustomerMark, {"inquiry_id": inquiry_id, "kind": kind, "mark": mark}, now)
        for agent_id in _agents_alike(session, kind, mark, now):
            _suspect(session, inquiry_id, agent_id, kind, now)


def note_agent(*, agent_id: str, marks: Marks, now: dt.datetime) -> None:
    """The agent has left the marks; inquiries whose customer looks like them are suspected."""
    with transaction() as session:
        if session.get(Agent, agent_id) is None:
            return
        for kind, mark in marks.items():
            _touch(session, AgentMark, {"agent_id": agent_id, "kind": kind, "mark": mark}, now)
            if agent_id in _agents_alike(session, kind, mark, now):
                for inquiry_id in _inquiries_alike(session, kind, mark, now):
                    _suspect(session, inquiry_id, agent_id, kind, now)


def forget_old_marks(now: dt.datetime) -> str | None:
    """Marks that speak for nobody any more are gone; what was noticed by them stays noticed."""
    gone = 0
    with transaction() as session:
        for table in (CustomerMark, AgentMark):
            gone += rows_changed(session, sa.delete(table).where(table.seen_at <= now - MARK_LIFE))
    return f"{gone} marks" if gone else None


def _agents_alike(session: Session, kind: str, mark: str, now: dt.datetime) -> Iterable[str]:
    """The agents with this mark; none if it belongs to so many that it says nothing."""
    if kind == "phone":
        query = sa.select(Agent.id).join(Person, Person.id == Agent.id).where(Person.phone_index == mark)
    else:
        query = sa.select(AgentMark.agent_id).where(
            AgentMark.kind == kind, AgentMark.mark == mark, AgentMark.seen_at > now - MARK_LIFE
        )
    found = session.scalars(query.limit(MOST_SHARED + 1)).all()
    return [] if len(found) > MOST_SHARED else found


def _inquiries_alike(session: Session, kind: str, mark: str, now: dt.datetime) -> Iterable[str]:
    """The inquiries whose customer left this mark, locked before anything that hangs on them."""
    left = sa.select(CustomerMark.inquiry_id).where(
        CustomerMark.kind == kind, CustomerMark.mark == mark, CustomerMark.seen_at > now - MARK_LIFE
    )
    mine = sa.select(Inquiry.id).where(Inquiry.id.in_(left)).order_by(Inquiry.id)
    return session.scalars(mine.with_for_update(read=True, key_share=True)).all()


def _suspect(session: Session, inquiry_id: str, agent_id: str, kind: str, now: dt.datetime) -> None:
    """A person is asked to look, and, for more than a shared address, the pay waits for them."""
    strong = kind in STRONG
    insert = (sqlite if is_sqlite(session) else postgresql).insert(Suspicion)
    row = {
        "id": new_id(),
        "inquiry_id": inquiry_id,
        "agent_id": agent_id,
        "signals": kind,
        "strong": strong,
        "noticed_at": now,
        "state": "undecided",
    }
    session.execute(insert.values(row).on_conflict_do_nothing(index_elements=["inquiry_id", "agent_id"]))
    found = session.execute(
        sa.select(Suspicion)
        .where(Suspicion.inquiry_id == inquiry_id, Suspicion.agent_id == agent_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if found.state != "undecided":
        return
    found.signals = ",".join(sorted({*found.signals.split(","), kind}))
    found.strong = found.strong or strong
    session.flush()
    if found.strong:
        questions.put_in_question(session, agent_id=agent_id, inquiry_id=inquiry_id, now=now)


def _touch(
    session: Session, table: type[CustomerMark] | type[AgentMark], key: dict[str, str], now: dt.datetime
) -> None:
    insert = (sqlite if is_sqlite(session) else postgresql).insert(table).values(**key, seen_at=now)
    session.execute(insert.on_conflict_do_update(index_elements=list(key), set_={"seen_at": now}))
