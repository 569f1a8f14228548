"""How a demo person becomes an agent: registered, reviewed, given skills and an account."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from gig.core.db import db
from gig.identity import queries
from gig.identity.operations import keys, people, standing
from gig.onboarding.operations import applications, payees, reviews
from gig.onboarding.values import SIDES
from gig.simulator.seeding import photos
from gig.simulator.world import PASSWORD, QUEUES, DemoPerson, bank_card, identity_number


def register(person: DemoPerson, *, token: str, now: dt.datetime) -> tuple[str, bool]:
    """The person can log in and carries the token: (their id, whether they are new)."""
    known = queries.person_by_phone(db.session(), person.phone)
    if known is not None:
        return known, False
    id = people.create_person(
        phone=person.phone, name=person.name, roles=[person.role], password=PASSWORD, now=now, actor_id=None
    )
    keys.issue_token(person_id=id, now=now, actor_id=None, secret=token)
    return id, True


def hand_in(person_id: str, person: DemoPerson, *, now: dt.datetime, small: bool = False) -> str:
    """The person's documents wait for a reviewer; the application's id."""
    number = identity_number(person)
    faults = applications.save_draft(
        person_id=person_id,
        name=person.name,
        number=number,
        photos={
            "front": photos.front(person.name, number, small=small),
            "back": photos.back(small=small),
        },
        now=now,
    )
    if faults:
        raise RuntimeError(f"the demo documents of {person.name} are refused: {faults}")
    applications.submit(person_id=person_id, consent=True, now=now)
    waiting = applications.live(db.session(), person_id)
    assert waiting is not None
    return waiting.id


def pass_review(application_id: str, *, reviewer_id: str, now: dt.datetime) -> None:
    """The applicant is on probation."""
    reviews.open_review(application_id=application_id, actor_id=reviewer_id, now=now)
    for side in SIDES:
        reviews.read_photo(application_id=application_id, side=side, actor_id=reviewer_id, now=now)
    reviews.approve(application_id=application_id, actor_id=reviewer_id, now=now)


def become_active(person_id: str, *, ops_id: str, now: dt.datetime) -> None:
    """Probation is over and the agent may serve every demo queue, its emergencies too."""
    standing.activate_agent(agent_id=person_id, now=now, actor_id=ops_id)
    for slug, *_ in QUEUES:
        standing.grant_skill(agent_id=person_id, queue=slug, now=now, actor_id=ops_id)
        standing.grant_senior(agent_id=person_id, queue=slug, now=now, actor_id=ops_id)


def name_payee(person_id: str, person: DemoPerson, *, now: dt.datetime, alipay: bool = False) -> None:
    """The agent is paid to an account of their own; another one than before if they had one."""
    payees.set_own_payee(
        person_id=person_id,
        password=PASSWORD,
        kind="alipay" if alipay else "bank",
        holder=person.name,
        account=f"{person.phone}@example.com" if alipay else bank_card(person),
        bank_name="" if alipay else "演示银行",
        confirmed=True,
        consent=True,
        address="",
        now=now,
    )


def stage_of(session: Session, person_id: str) -> str | None:
    return queries.person(session, person_id).stage
