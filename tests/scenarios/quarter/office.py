"""Operations, finance, reviewers and the bank of the quarter, each pressing the product's own buttons."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Invalid, Refused
from gig.core.money import parse_yuan
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.back_pay import advance_runs, draft_run, start_run
from gig.payouts.adjustments.operations.deciding import (
    Evidence,
    approve,
    propose,
    propose_reversal,
    turn_down,
)
from gig.payouts.disbursement.models import PayoutLine
from gig.payouts.disbursement.operations.batches import approve_batch, create_batch
from gig.payouts.disbursement.operations.downloads import download_sheet
from gig.payouts.disbursement.operations.exporting import export_batch
from gig.payouts.disbursement.operations.retries import retry_lines
from gig.payouts.disbursement.results.operations import import_results
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.rates.operations.drafts import create_draft
from gig.payouts.rates.operations.publication import publish
from gig.payouts.rates.operations.review import give_back, submit
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.approving import approve_period
from gig.quality.models import Appeal
from gig.scoring.models import ScoreEvent
from tests import builders
from tests.features.quality import cases
from tests.rules.cards import card_json
from tests.scenarios.quarter.work import Worker

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
MAKER, CHECKER = "maker", "checker"
RESULT_HEAD = ["收款账号", "收款人姓名", "转账金额（元）", "转账备注", "处理状态", "失败原因"]
GENERIC_HEAD, MYBANK_HEAD = RESULT_HEAD[:4], ["收款方账号", "收款方名称", "金额", "附言/用途"]
NAME, LIMIT, GONE = "户名不符", "超过单笔限额", "账户状态异常"


def card_through_review(*, now: dt.datetime, **changes: Any) -> None:
    """One of ops hands the card in, another gives it back once and then publishes it."""
    maker, checker = (builders.person(roles="ops", name=name) for name in ("运营一", "运营二"))
    id = create_draft(document=card_json(**changes), now=now, actor_id=maker)
    submit(id=id, why="新一季", now=now, actor_id=maker)
    give_back(id=id, reason="再看一遍", now=now + HOUR, actor_id=checker)
    submit(id=id, why="看过了", now=now + 2 * HOUR, actor_id=maker)
    with pytest.raises(Refused, match="复核"):
        publish(id=id, now=now + 3 * HOUR, actor_id=maker)
    publish(id=id, now=now + 3 * HOUR, actor_id=checker)


def card_too_late(*, now: dt.datetime, **changes: Any) -> None:
    """A card with cuts that begins before the notice is over is handed in by nobody."""
    maker = builders.person(roles="ops", name="运营一")
    id = create_draft(document=card_json(**changes), now=now, actor_id=maker)
    with pytest.raises(Invalid):
        submit(id=id, why="急", now=now, actor_id=maker)


def give(
    kind: str, worker: Worker, fen: int, *, now: dt.datetime, earning_id: str | None = None
) -> str | None:
    """Given or taken by one person, above the limit by two; None when the rules do not allow it."""
    try:
        id = propose(
            kind=kind,
            agent_id=worker.id,
            amount_fen=fen,
            reason="按约定",
            evidence=Evidence("合同附件"),
            earning_id=earning_id,
            actor_id=MAKER,
            now=now,
        )
    except Refused:
        return None
    return id


def second_person(session: Session, *, now: dt.datetime) -> None:
    """All that waits is posted by another person, but for every ninth, which is refused."""
    session.rollback()
    waiting = sa.select(Adjustment.id).where(Adjustment.state == "proposed", Adjustment.run_id.is_(None))
    for place, id in enumerate(session.scalars(waiting.order_by(Adjustment.id)).all()):
        if place % 9 == 2:
            turn_down(adjustment_id=id, reason="依据不足", actor_id=CHECKER, now=now)
        else:
            approve(adjustment_id=id, actor_id=CHECKER, now=now)


def adjust(
    session: Session,
    crew: Sequence[Worker],
    days: Sequence[dt.date],
    dice: random.Random,
    *,
    now: dt.datetime,
) -> None:
    """Bonuses, large awards, goodwill, clawbacks of replies and of nothing in particular, a reversal."""
    for worker in dice.sample(list(crew), max(2, len(crew) // 20)):
        give(dice.choice(("bonus", "goodwill", "award")), worker, dice.randrange(1, 3000), now=now)
    for worker in crew[::25]:
        give("award", worker, dice.randrange(60_000, 1_900_000), now=now)
    for worker in crew[3::40]:
        give("award", worker, dice.randrange(70_000, 400_000), now=now)
    session.rollback()
    paid = sa.select(Earning.id, Earning.agent_id, Earning.pay_fen).where(Earning.pay_fen > 10)
    replies = session.execute(paid.order_by(Earning.received_at.desc()).limit(400)).all()
    known = {worker.id: worker for worker in crew}
    for id, agent_id, fen in dice.sample(list(replies), 8):
        give("clawback", known[agent_id], dice.choice((1, fen // 2, fen, fen + 1)), earning_id=id, now=now)
    second_person(session, now=now + HOUR)
    taken = sa.select(LedgerEntry.id, LedgerEntry.amount_fen).where(
        LedgerEntry.kind.in_(("award", "adjustment", "penalty")), LedgerEntry.amount_fen.between(2, 4000)
    )
    for id, fen in session.execute(taken.order_by(LedgerEntry.id.desc()).limit(3)).all():
        propose_reversal(
            entry_id=id,
            amount_fen=fen // 2,
            reason="记多了",
            evidence=Evidence("对账单"),
            actor_id=MAKER,
            now=now + 2 * HOUR,
        )
    second_person(session, now=now + 3 * HOUR)


def pay_back(first: dt.date, last: dt.date, *, now: dt.datetime) -> None:
    """A tenth more for the replies of the days, counted and posted."""
    id = draft_run(
        first_day=first,
        last_day=last,
        mode="percent",
        figure=10,
        card_id=None,
        reason="大促补贴",
        evidence="活动方案",
        actor_id=MAKER,
        now=now,
    )
    advance_runs(now=now)
    start_run(run_id=id, actor_id=CHECKER, now=now + MINUTE)
    advance_runs(now=now + 2 * MINUTE)


def appeal(session: Session, since: dt.datetime, dice: random.Random, *, now: dt.datetime) -> list[str]:
    """Some of those who were fined in the last days appeal."""
    session.rollback()
    fined = (
        sa.select(ScoreEvent.id, ScoreEvent.agent_id)
        .join(Earning, Earning.turn_id == ScoreEvent.turn_id)
        .where(ScoreEvent.kind == "late", ScoreEvent.at.between(since, now), Earning.penalty_fen > 9)
    )
    events = session.execute(fined.order_by(ScoreEvent.id)).all()
    return [
        cases.appealed(agent_id, event_id, at=now)
        for event_id, agent_id in dice.sample(list(events), min(6, len(events)))
    ]


def rule(session: Session, appeals: Sequence[str], reviewer: str, *, now: dt.datetime) -> None:
    """Each third of them is upheld, upheld in part, and rejected."""
    for place, id in enumerate(appeals):
        session.rollback()
        verdict = ("upheld", "partly", "rejected")[place % 3]
        left = session.get_one(Appeal, id).penalty_fen or 0
        cases.ruled(id, verdict, by=reviewer, part_fen=left // 3 if verdict == "partly" else None, at=now)


@dataclass
class Bank:
    """Reads our sheets and answers them: most is paid, some refused, some comes back a week later."""

    dice: random.Random
    sheets: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, list[list[str]]] = field(default_factory=dict)
    paid: dict[str, list[list[str]]] = field(default_factory=dict)

    def take(self, batch_id: str, content: bytes) -> None:
        generic = content.startswith(b"\xef\xbb\xbf")
        text = content.decode("utf-8-sig" if generic else "gbk")
        head, *rows = csv.reader(io.StringIO(text, newline=""))
        places = [head.index(name) for name in (GENERIC_HEAD if generic else MYBANK_HEAD)]
        self.rows[batch_id] = [[row[place] for place in places] for row in rows]
        self.sheets[batch_id] = {number: parse_yuan(yuan) for *_who, yuan, number in self.rows[batch_id]}
        assert len(self.sheets[batch_id]) == len(rows)

    def answer(self, batch_id: str, *, refuses: bool, now: dt.datetime) -> None:
        """The result of the whole batch, posted twice: the same file changes nothing."""
        said = []
        for place, row in enumerate(self.rows[batch_id]):
            why = (NAME, LIMIT)[place % 2] if refuses and (self.dice.random() < 0.06 or place == 3) else ""
            said.append([*row, "失败" if why else "成功", why])
            if not why:
                self.paid.setdefault(batch_id, []).append(row)
        self._post(batch_id, said, now)

    def send_back(self, batch_id: str, *, now: dt.datetime) -> None:
        """A few of the payments come back."""
        paid = self.paid.pop(batch_id, [])
        if back := [row for place, row in enumerate(paid) if place == 1 or self.dice.random() < 0.02]:
            self._post(
                batch_id, [[*row, "退票", GONE if place % 2 else ""] for place, row in enumerate(back)], now
            )

    def _post(self, batch_id: str, rows: list[list[str]], now: dt.datetime) -> None:
        file = io.StringIO()
        csv.writer(file).writerows([RESULT_HEAD, *rows])
        content = file.getvalue().encode("utf-8")
        posted = {
            import_results(
                batch_id=batch_id, name="结果.csv", content=content, actor_id=MAKER, now=now + n * HOUR
            )
            for n in range(2)
        }
        assert len(posted) == 1


def send(
    bank: Bank,
    period_id: str,
    *,
    template: str = "generic",
    now: dt.datetime,
    payment_date: dt.date | None = None,
) -> str | None:
    """A batch of what the period can pay is with the bank; None when there is nothing."""
    try:
        batch_id = create_batch(
            period_id=period_id, template=template, payment_date=payment_date, actor_id=MAKER, now=now
        )
    except Refused as refused:
        assert refused.slug == "nothing-to-pay"
        return None
    with pytest.raises(Refused):
        approve_batch(batch_id=batch_id, actor_id=MAKER, now=now)
    approve_batch(batch_id=batch_id, actor_id=CHECKER, now=now + MINUTE)
    export_batch(batch_id=batch_id, actor_id=MAKER, now=now + 2 * MINUTE)
    sheet = download_sheet(batch_id=batch_id, kind="csv", actor_id=MAKER, now=now + 3 * MINUTE)
    bank.take(batch_id, sheet.content)
    return batch_id


def pay(bank: Bank, period_id: str, *, now: dt.datetime, payment_date: dt.date | None = None) -> str | None:
    approve_period(period_id=period_id, actor_id=CHECKER, now=now)
    return send(bank, period_id, now=now, payment_date=payment_date)


def pay_again(
    session: Session, bank: Bank, *, now: dt.datetime, payment_date: dt.date | None = None
) -> list[str]:
    """What was held, refused or sent back in any period, and can be paid now, is with the bank."""
    session.rollback()
    open_ = sa.select(Period.id).where(Period.state.in_(("approved", "exported"))).order_by(Period.starts_at)
    sent = []
    for place, period_id in enumerate(session.scalars(open_).all()):
        then = now + 10 * place * MINUTE
        if retry_lines(period_id=period_id, actor_id=MAKER, now=then):
            assert retry_lines(period_id=period_id, actor_id=MAKER, now=then) == 0
            if batch_id := send(bank, period_id, template="mybank", now=then, payment_date=payment_date):
                sent.append(batch_id)
    return sent


def refused_for_the_name(session: Session) -> list[str]:
    """The agents whose newest line was refused for its account, and who can name another one."""
    session.rollback()
    query = sa.select(PayoutLine.agent_id).where(
        PayoutLine.failure.in_(("name_mismatch", "account_closed")),
        PayoutLine.state.in_(("failed", "returned")),
    )
    return sorted(set(session.scalars(query)))
