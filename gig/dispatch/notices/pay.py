"""Telling agents what a scheduled rate card will pay them less, or that a promised raise does not come.

One notice for all of them: whom it concerns, and in how many places, is worked out when they read it. So
publication costs the same for fifty agents and fifty thousand.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.ids import new_id
from gig.core.text import N_
from gig.dispatch.notices.models import Notice, NoticeConcern
from gig.dispatch.notices.operations import ring_queues
from gig.payouts.rates.news import News
from gig.payouts.rates.notice import minute_of
from gig.payouts.rates.queries import card_of, version
from gig.payouts.rates.rules.card import ANY
from gig.payouts.rates.rules.cuts import cuts

LOWER = N_(
    "费率卡 %(name)s 从 %(at)s 起接替 %(before)s，有 %(n)s 处会少付。打开「收入」看哪几处；已抢到的不受影响。"
)
NOT_COMING = N_(
    "原定 %(at)s 生效的费率卡 %(name)s 已撤回，其中 %(n)s 处涨价不会来，仍按 %(before)s 付。原因：%(reason)s"
)
WITHDRAWN_FOR = dt.timedelta(days=7)
"""How long it stands that a raise will not come; a coming cut stands until it has come."""

Concerns = dict[tuple[str, str], int]


def tell(session: Session, news: News, now: dt.datetime) -> None:
    """The agents concerned read the news on every page, and no older word about the same card.

    A notice that says the same already is left as it is, so that who has put it away is not told again.
    """
    concerns, (text, params) = _concerns(news), _words(news)
    before = _standing(session, news.card_id, now)
    same = before is not None and (before.text, before.params) == (text, params)
    if before is not None and same and _concerns_of(session, before.id) == concerns:
        return
    taken = _take_back(session, news.card_id, now)
    if not news.withdrawn:
        taken = _comes_after_all(session, news, now) or taken
    if concerns:
        _put_up(session, news, text, params, concerns, now)
    if concerns or taken:
        ring_queues(session, now)


def _concerns(news: News) -> Concerns:
    """In how many places, by queue and tier; what is no price of a case concerns everybody."""
    cases = (each.row for each in news.lower)
    return dict(Counter((row.queue, row.tier) if row else (ANY, ANY) for row in cases))


def _words(news: News) -> tuple[str, str]:
    params = {"name": news.card.name, "at": minute_of(news.card, news.card.valid_from), "before": news.before}
    if news.withdrawn:
        params["reason"] = news.withdrawn
    return NOT_COMING if news.withdrawn else LOWER, json.dumps(params, ensure_ascii=False)


def _standing(session: Session, card_id: str, now: dt.datetime) -> Notice | None:
    stands = (Notice.about == card_id, Notice.audience == "pay", Notice.withdrawn_at.is_(None))
    query = sa.select(Notice).where(*stands, Notice.expires_at > now)
    return session.scalar(query.execution_options(populate_existing=True))


def _concerns_of(session: Session, notice_id: str) -> Concerns:
    rows = session.execute(
        sa.select(NoticeConcern.queue, NoticeConcern.tier, NoticeConcern.places).where(
            NoticeConcern.notice_id == notice_id
        )
    )
    return {(queue, tier): places for queue, tier, places in rows}


def _take_back(session: Session, card_id: str, now: dt.datetime) -> bool:
    """No word about the card stands; the copies that single agents once had are among them."""
    stands = (Notice.about == card_id, Notice.withdrawn_at.is_(None))
    taken = sa.update(Notice).where(*stands).values(withdrawn_at=now).returning(Notice.id)
    return session.execute(taken.execution_options(synchronize_session=False)).first() is not None


def _comes_after_all(session: Session, news: News, now: dt.datetime) -> bool:
    """Where the card gives all that a withdrawn one had promised, nobody reads that it will not come once it
    has; says whether one of those words is gone at once, because it comes when it was promised or before."""
    stands = (Notice.text == NOT_COMING, Notice.audience == "pay", Notice.withdrawn_at.is_(None))
    found = session.scalars(sa.select(Notice).where(*stands, Notice.expires_at > now)).all()
    gone = False
    for notice in found:
        promised = card_of(version(session, str(notice.about)))
        if cuts(promised, replace(news.card, valid_from=promised.valid_from)):
            continue
        if news.card.valid_from <= promised.valid_from:
            notice.withdrawn_at, gone = now, True
        else:
            notice.expires_at = min(notice.expires_at, news.card.valid_from)
    return gone


def _put_up(
    session: Session, news: News, text: str, params: str, concerns: Concerns, now: dt.datetime
) -> None:
    starts = news.card.valid_from
    notice = Notice(
        id=new_id(),
        text=text,
        params=params,
        audience="pay",
        about=news.card_id,
        made_at=now,
        expires_at=max(starts, now + WITHDRAWN_FOR) if news.withdrawn else starts,
    )
    session.add(notice)
    session.flush()
    rows = [
        {"notice_id": notice.id, "queue": queue, "tier": tier, "places": places}
        for (queue, tier), places in concerns.items()
    ]
    session.execute(sa.insert(NoticeConcern), rows)
