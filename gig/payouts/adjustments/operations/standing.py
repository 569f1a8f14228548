"""Whether what a back-pay run has counted still stands when it is to be posted."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.text import N_
from gig.payouts.adjustments import given
from gig.payouts.adjustments.models import Adjustment, BackPayRun
from gig.payouts.adjustments.operations.counting import changed_since


def refuse_if_stale(session: Session, run: BackPayRun) -> int:
    """Refused when its replies would get other amounts by now, or when what it gives them was not kept; else
    the number of the run that was started last when it looked.

    It only reads, before a lock is taken: what changes after it is seen when the piece is posted.
    """
    upto = given.newest(session)
    refuse_if_overtaken(session, run)
    if not given.is_written_down(session, run):
        raise Refused(
            "outdated",
            N_("这次补发没有记全补给每条回复的金额（计算时系统正在升级）。取消这次，重新计算。"),
        )
    if changed := changed_since(session, run):
        raise Refused(
            "outdated",
            N_(
                "这次算好之后，有 %(n)s 位客服的回复又退了迟到扣减，或被扣回、冲回，金额变了。"
                "取消这次，重新计算。"
            ),
            n=len(changed),
        )
    return upto


def refuse_if_overtaken(session: Session, run: BackPayRun, *, after: int | None = None) -> None:
    """Refused, by its name, when a run that was started since it was drafted, or since number `after`,
    changes what it gives."""
    if other := given.overtook(session, run, after=after):
        raise Refused(
            "outdated",
            N_("这次提出之后，「%(reason)s」那次补发了同样的日子或同样的会话。取消这次，重新计算。"),
            reason=other.reason,
        )


def on_top_of(session: Session, run: BackPayRun, seen: Collection[str]) -> list[str]:
    """The runs on top of which it pays, all of them seen; Refused otherwise."""
    on_top = given.to_confirm(run, given.earlier(session, run))
    if unseen := [each.run.reason for each in on_top if each.run.id not in seen]:
        raise Refused(
            "paid-before",
            N_("这段日子已经补发过：%(runs)s。看过它们，确认要再补一次，才能入账。"),
            runs="、".join(f"「{reason}」" for reason in unseen),
        )
    return [each.run.id for each in on_top]


def left_out(session: Session, run: BackPayRun, parts: Collection[Adjustment]) -> set[str]:
    """The agents among these parts of a run that is being posted whose amounts changed in the meantime."""
    return changed_since(session, run, {part.agent_id for part in parts}) if run.by_reply else set()
