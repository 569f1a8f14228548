"""People at other stages than "ready to work", and what is going on at this moment."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit
from gig.core.audit import AuditEntry
from gig.core.businesstime import BusinessZone
from gig.core.db import db, transaction
from gig.core.errors import Refused
from gig.core.text import N_
from gig.dispatch.operations import claims, inquiries, releases, replies
from gig.dispatch.operations.inquiries import NewInquiry
from gig.identity import queries
from gig.identity.models import Agent
from gig.identity.operations.standing import set_presence
from gig.simulator import world
from gig.simulator.seeding import joining
from gig.simulator.seeding.base import Base
from gig.simulator.seeding.working import NAMES, History, Worker, seconds
from gig.simulator.stories import STORIES
from gig.simulator.world import DemoPerson, Login

APPLICANT = DemoPerson("agent", "许诺", "13900002001", "19960412", 21)
SECOND_APPLICANT = DemoPerson("agent", "阿依古丽·买买提", "13900002002", "20010830", 22)
TRAINEE = DemoPerson("agent", "苏晴", "13900002003", "19990215", 23)
SUSPENDED = DemoPerson("agent", "贺鸣", "13900002004", "19920603", 24)
WITHOUT_PAYEE = DemoPerson("agent", "邵岚", "13900002005", "19881119", 25)
NEW_PAYEE = DemoPerson("agent", "罗一", "13900002006", "19950927", 26)
BUSY = DemoPerson("agent", "唐果", "13900002007", "19900508", 27)
SECOND_OPS = DemoPerson("ops", "冯策", "13900000006")

STAGES = (
    (APPLICANT, "待审核"),
    (SECOND_APPLICANT, "待审核"),
    (TRAINEE, "试用期"),
    (SUSPENDED, "已暂停"),
    (WITHOUT_PAYEE, "没有收款账户"),
    (NEW_PAYEE, "今天换了收款账户"),
    (BUSY, "会话进行中"),
    (SECOND_OPS, "第二位运营"),
)
EARLY = (SUSPENDED, WITHOUT_PAYEE, NEW_PAYEE, BUSY)
IN_THE_FEED = 14


def logins(secret_key: str) -> list[Login]:
    """The logins of these people, each with the stage that they are at."""
    made = []
    for person, stage in STAGES:
        login = world.login_of(person, secret_key)
        made.append(Login(login.role, f"{person.name}（{stage}）", login.phone, login.password, login.token))
    return made


def is_lived_in(session: Session) -> bool:
    """Whether the demo world has its past already."""
    return _marked(session, "history")


def refuse_half_a_world(session: Session) -> None:
    """Refused if a seeding of this database was cut off: what it left would be lived through twice."""
    if _marked(session, "begun"):
        raise Refused("half-a-world", N_("演示数据没有造完就中断了，请删掉这个数据库，再来一次。"))


def mark(what: str, *, now: dt.datetime) -> None:
    """The log says how far the demo world has come."""
    with transaction() as session:
        audit.note(session, actor_id=None, action=f"demo.{what}", object_type="demo", object_id=what, now=now)


def _marked(session: Session, what: str) -> bool:
    mark = sa.select(AuditEntry.id).where(AuditEntry.object_type == "demo", AuditEntry.object_id == what)
    return session.scalars(mark.limit(1)).first() is not None


def join_early(base: Base, secret_key: str, *, now: dt.datetime) -> list[Worker]:
    """Those who were at work in the weeks before are agents."""
    workers = []
    for person in EARLY:
        id = _joined(base, person, secret_key, now)
        if person is not WITHOUT_PAYEE:
            joining.name_payee(id, person, now=now)
        workers.append(Worker(id, late=0.4 if person is SUSPENDED else 0.1))
    return workers


def second_of_operations(secret_key: str, *, now: dt.datetime) -> str:
    """Operations are two people from now on, so that one reviews what the other wrote; the new one's id.

    Only here: in the plain world one person of operations publishes a card alone.
    """
    return _registered(SECOND_OPS, secret_key, now)


def begin(base: Base, history: History, calendar: BusinessZone, secret_key: str, *, now: dt.datetime) -> None:
    """Documents wait for review, inquiries wait in the feed, conversations go on."""
    today = max(calendar.start_of_day(calendar.day_of(now)), now - dt.timedelta(hours=3))
    for minutes, person in ((95, APPLICANT), (20, SECOND_APPLICANT)):
        id = _registered(person, secret_key, now - dt.timedelta(minutes=minutes + 8))
        joining.hand_in(id, person, now=now - dt.timedelta(minutes=minutes))
    trainee = _registered(TRAINEE, secret_key, now - dt.timedelta(days=1))
    waiting = joining.hand_in(trainee, TRAINEE, now=now - dt.timedelta(hours=22))
    joining.pass_review(waiting, reviewer_id=base.id_of(world.REVIEWER), now=now - dt.timedelta(hours=21))
    joining.name_payee(trainee, TRAINEE, now=now - dt.timedelta(hours=20))
    joining.name_payee(_id(NEW_PAYEE), NEW_PAYEE, now=today, alipay=True)
    releases.suspend(
        agent_id=_id(SUSPENDED),
        actor_id=base.id_of(world.OPS),
        reason="连续多次超时，约谈后恢复。",
        now=now - dt.timedelta(minutes=5),
    )
    _go_home(now)
    _conversations(history, trainee, now)
    _feed(history, now)


def _go_home(now: dt.datetime) -> None:
    """Whoever was at work has signed off, so that nobody who logs in is told of a silence."""
    for agent_id in db.session.scalars(sa.select(Agent.id).where(Agent.presence == "online")).all():
        set_presence(agent_id=agent_id, state="offline", now=now)


def _conversations(history: History, trainee: str, now: dt.datetime) -> None:
    """Three in progress: one whose clock runs, one that was answered, one of a beginner."""
    long = [story for story in STORIES if len(story.turns) > 1 and story.order]
    easy = [story for story in STORIES if story.queue == "account"]
    busy = _id(BUSY)
    for agent_id in (busy, trainee):
        set_presence(agent_id=agent_id, state="online", now=now - seconds(300))
    for place, (agent_id, story, age) in enumerate(
        ((busy, long[0], 150), (busy, long[1], 20), (trainee, easy[0], 12))
    ):
        inquiry_id = _ask(
            history, f"now-{place}", story.queue, story.issue_type, story.opening, now - seconds(age + 30)
        )
        claims.claim(inquiry_id=inquiry_id, agent_id=agent_id, now=now - seconds(age))
        if age > 60:
            replies.reply(
                inquiry_id=inquiry_id, agent_id=agent_id, text=story.turns[0][1], now=now - seconds(age - 31)
            )
            inquiries.add_customer_message(
                channel_id=history.channel_id,
                inquiry_id=inquiry_id,
                external_id="more",
                text=story.turns[1][0],
                now=now - seconds(10),
            )


def _feed(history: History, now: dt.datetime) -> None:
    """Inquiries on every queue, the oldest waiting for some minutes, one of them urgent."""
    picked = history.chance.sample(STORIES, IN_THE_FEED)
    for place, story in enumerate(picked):
        _ask(
            history,
            f"waiting-{place}",
            story.queue,
            story.issue_type,
            story.opening,
            now - seconds((IN_THE_FEED - place) * 28),
            side=story.side,
            order=story.order,
            priority=9 if place == IN_THE_FEED // 2 else 0,
        )


def _ask(
    history: History,
    name: str,
    queue: str,
    issue_type: str,
    text: str,
    now: dt.datetime,
    *,
    side: str = "customer",
    order: str | None = "外卖",
    priority: int = 0,
) -> str:
    new = NewInquiry(
        external_id=f"demo-{name}",
        queue=queue,
        issue_type=issue_type,
        text=text,
        side=side,
        priority=priority,
        customer_key=f"customer-{name}",
        customer_name=history.chance.choice(NAMES),
        order={"external_id": f"order-{name}", "kind": order} if order else {},
    )
    return inquiries.receive_inquiry(channel_id=history.channel_id, new=new, now=now).inquiry_id


def _registered(person: DemoPerson, secret_key: str, now: dt.datetime) -> str:
    token = world.login_of(person, secret_key).token
    return joining.register(person, token=token, now=now)[0]


def _joined(base: Base, person: DemoPerson, secret_key: str, now: dt.datetime) -> str:
    id = _registered(person, secret_key, now)
    application_id = joining.hand_in(id, person, now=now, small=True)
    joining.pass_review(application_id, reviewer_id=base.id_of(world.REVIEWER), now=now)
    joining.become_active(id, ops_id=base.id_of(world.OPS), now=now)
    return id


def _id(person: DemoPerson) -> str:
    found = queries.person_by_phone(db.session(), person.phone)
    assert found is not None
    return found
