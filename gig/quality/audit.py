"""What must hold between appeals, scores and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, rows


@check(
    "appeals.returned",
    "what an appeal gave back stands in the book as its reversal of the penalty, and nothing else does",
    asks=N_("申诉裁定返还的钱都在账本里冲回，没有别的"),
    then=N_("客服看到的返还和账本不一样。少的作为调整补给客服，多的查清后冲回。"),
)
def _given_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, coalesce(a.returned_fen, 0), coalesce(r.amount_fen, 0), a.id
           FROM appeal a LEFT JOIN ledger_entry r
             ON r.source_key = 'reversal:appeal-' || a.id || ':' || a.penalty_id
           WHERE coalesce(a.returned_fen, 0) <> coalesce(r.amount_fen, 0)""",
        says=N_("%(thing)s：裁定返还 %(expected)s，账本里返还 %(found)s，%(off)s。"),
        about="appeal",
        are="fen",
    )
    yield from rows(
        session,
        """SELECT r.source_key, 'an appeal', 'none', r.id, r.amount_fen FROM ledger_entry r
           LEFT JOIN appeal a ON r.source_key = 'reversal:appeal-' || a.id || ':' || a.penalty_id
           WHERE r.reverses_id IS NOT NULL AND r.source_key LIKE 'reversal:appeal-%' AND a.id IS NULL""",
        says=N_("%(thing)s：账本里有，却找不到它对应的申诉。"),
        about="entry",
    )


@check(
    "appeals.struck",
    "an event is out of the score where an appeal took it out, and an upheld one always did",
    asks=N_("申诉成立的，那件事不再算进服务分"),
    then=N_("客服的服务分少了，派单和等级会跟着错。请审核把这件事从服务分里撤掉。"),
)
def _struck(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, 'struck out', 'counts', a.id FROM appeal a
           JOIN score_event e ON e.id = a.event_id
           WHERE (a.struck OR a.state = 'upheld') AND e.struck_at IS NULL""",
        says=N_("%(thing)s：申诉成立了，那件事却还算在服务分里。"),
        about="appeal",
    )


@check(
    "appeals.about",
    "an appeal is about an event of its own agent, as it was noted, and was filed after it",
    asks=N_("每个申诉说的是申诉人自己的事，并且在事后提出"),
    then=N_("先别裁定这个申诉，把这一页发给技术。"),
)
def _about(session: Session) -> Iterator[Difference]:
    joined = "FROM appeal a JOIN score_event e ON e.id = a.event_id"
    yield from rows(
        session,
        f"SELECT 'appeal ' || a.id, a.agent_id, e.agent_id, a.id {joined} WHERE e.agent_id <> a.agent_id",
        says=N_("%(thing)s：是 %(expected)s 提的，说的却是 %(found)s 的事。"),
        about="appeal",
        are="agent",
    )
    yield from rows(
        session,
        f"SELECT 'appeal ' || a.id, a.kind, e.kind, a.id {joined} WHERE e.kind <> a.kind",
        says=N_("%(thing)s：申诉的是“%(expected)s”，记录的却是“%(found)s”。"),
        about="appeal",
        are="score_event_kind",
    )
    yield from rows(
        session,
        f"SELECT 'appeal ' || a.id, a.happened_at, e.at, a.id {joined} WHERE e.at <> a.happened_at",
        says=N_("%(thing)s：申诉的事写着发生在 %(expected)s，记录的是 %(found)s。"),
        about="appeal",
        are="instant",
    )
    yield from rows(
        session,
        """SELECT 'appeal ' || a.id, a.happened_at, a.filed_at, a.id FROM appeal a
           WHERE a.filed_at < a.happened_at""",
        says=N_("%(thing)s：事情发生在 %(expected)s，申诉却提在它之前（%(found)s）。"),
        about="appeal",
        are="instant",
    )
