"""What must hold between suspicions, holds and the book; run by `gig audit`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.ledger.audit import Difference, check, rows

_REVERSED = "(SELECT sum(r.payable_fen) FROM ledger_entry r WHERE r.reverses_id = e.id)"
_BACK = """(SELECT coalesce(sum(t.fen), 0) FROM back_pay_taken t
    WHERE t.adjustment_id = p.adjustment_id AND t.earning_id = p.earning_id)"""
_KEPT = f"sum(e.payable_fen + coalesce({_REVERSED}, 0))"


@check(
    "suspicions.taken-back",
    "who was found to be their own customer has kept nothing of that inquiry's pay",
    asks=N_("认定自问自答的，那单的钱全部收回"),
    then=N_("客服还留着不该得的钱。先暂缓给这个人付款，把剩下的冲回。"),
)
def _taken_back(session: Session) -> Iterator[Difference]:
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id, 0, {_KEPT}, s.id FROM suspicion s
            JOIN earning g ON g.inquiry_id = s.inquiry_id AND g.agent_id = s.agent_id
            JOIN ledger_entry e ON e.source_key IN ('earning:' || g.id, 'penalty:' || g.id)
            WHERE s.state = 'own_customer' GROUP BY s.id HAVING {_KEPT} <> 0""",
        says=N_("%(thing)s：那单的佣金应收回到 %(expected)s，还剩 %(found)s，%(off)s。"),
        about="suspicion",
        are="fen",
    )
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id || ' fees', 0, {_KEPT}, s.id FROM suspicion s
            JOIN escalation x ON x.inquiry_id = s.inquiry_id AND x.agent_id = s.agent_id
            JOIN ledger_entry e ON e.source_key = 'triage:' || x.turn_id || ':' || x.agent_id
            WHERE s.state = 'own_customer' GROUP BY s.id HAVING {_KEPT} <> 0""",
        says=N_("%(thing)s：那单的转交费应收回到 %(expected)s，还剩 %(found)s，%(off)s。"),
        about="suspicion",
        are="fen",
    )
    yield from rows(
        session,
        f"""SELECT 'adjustment:' || a.id, sum(p.fen), sum({_BACK}), a.id FROM suspicion s
            JOIN earning g ON g.inquiry_id = s.inquiry_id AND g.agent_id = s.agent_id
            JOIN adjustment a ON a.agent_id = g.agent_id AND a.run_id IS NOT NULL AND a.state = 'posted'
            JOIN back_pay_share p ON p.adjustment_id = a.id AND p.earning_id = g.id
            WHERE s.state = 'own_customer' GROUP BY a.id HAVING sum({_BACK}) < sum(p.fen)""",
        says=N_("%(thing)s：补发里有 %(expected)s 是补给自问自答的，只收回了 %(found)s，%(off)s。"),
        about="adjustment",
        are="fen",
    )


@check(
    "suspicions.held",
    "pay is in question exactly while a strong suspicion is undecided",
    asks=N_("疑点重的自问自答，没裁定前钱暂缓，裁定后放开"),
    then=N_("裁定和暂缓对不上：该缓的可能会付出去，该付的可能还缓着。先别审批这一期，请审核重看这条。"),
)
def _held(session: Session) -> Iterator[Difference]:
    joined = """FROM suspicion s LEFT JOIN pay_hold h
             ON h.agent_id = s.agent_id AND h.inquiry_id = s.inquiry_id"""
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id, s.state, 'held', s.id {joined}
            WHERE s.strong AND s.state <> 'undecided' AND h.agent_id IS NOT NULL AND h.ended_at IS NULL""",
        says=N_("%(thing)s：已经裁定了，那单的钱却还暂缓着。"),
        about="suspicion",
    )
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id, s.state, coalesce(CAST(h.ended_at AS TEXT), 'not held'), s.id
            {joined}
            WHERE s.strong AND (h.agent_id IS NULL OR (s.state = 'undecided' AND h.ended_at IS NOT NULL))""",
        says=N_("%(thing)s：疑点重，那单的钱却没有暂缓。"),
        about="suspicion",
    )
    yield from rows(
        session,
        f"""SELECT 'suspicion ' || s.id, s.state, 'not forfeited', s.id {joined}
            WHERE s.state = 'own_customer' AND (h.agent_id IS NULL OR NOT h.forfeited)""",
        says=N_("%(thing)s：认定是本人的单，却没有记下这单不再付钱，以后的补发还会补给它。"),
        about="suspicion",
    )
