"""What is wrong with an adjustment, or a run of back pay, that somebody asks for.

All of it is said at once, each fault at its field.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gig.core.errors import Errors
from gig.core.text import N_
from gig.identity.models import Agent
from gig.payouts.adjustments.rules.back_pay import MODES
from gig.payouts.adjustments.values import (
    DECIDED,
    EVIDENCE_LENGTH,
    FILE_BYTES,
    FILE_TYPES,
    MOST_FEN,
    REASON_LENGTH,
)
from gig.payouts.earnings.models import Earning


@dataclass(frozen=True)
class Evidence:
    """What speaks for a decision: words, and a file if there is one."""

    words: str = ""
    content: bytes = b""
    name: str = ""

    @property
    def media_type(self) -> str | None:
        """What the file is, by its first bytes; None if it is nothing that is kept."""
        found = (kind for kind, start in FILE_TYPES.items() if self.content.startswith(start))
        return next(found, None)

    def faults(self, *, needed: bool) -> Errors:
        errors: Errors = {}
        if needed and not (self.words.strip() or self.content):
            errors["evidence"] = [NO_EVIDENCE]
        elif len(self.words.strip()) > EVIDENCE_LENGTH:
            errors["evidence"] = [N_("依据最多 2000 字。")]
        if len(self.content) > FILE_BYTES:
            errors["file"] = [N_("附件最大 5 MB。")]
        elif self.content and self.media_type is None:
            errors["file"] = [N_("附件要是 PDF、PNG 或 JPEG。")]
        return errors


MOST_FIXED_FEN, MOST_PERCENT = 10_000, 500
NONE = Evidence()
NO_EVIDENCE = N_("扣回、冲回和要另一个人复核的，写明依据或附上文件。")


def faults_of_any(*, amount_fen: int, reason: str, evidence: Evidence, needed: bool) -> Errors:
    """What is wrong with the part that every adjustment has; of some, evidence is `needed`."""
    errors: Errors = {}
    if not 0 < amount_fen <= MOST_FEN:
        errors["amount"] = [N_("金额要大于 0，最多 100000 元。")]
    if not reason.strip():
        errors["reason"] = [N_("写明原因，客服会看到。")]
    elif len(reason.strip()) > REASON_LENGTH:
        errors["reason"] = [N_("原因最多 200 字。")]
    return errors | evidence.faults(needed=needed)


def faults_of_new(
    session: Session,
    *,
    kind: str,
    agent_id: str,
    amount_fen: int,
    reason: str,
    evidence: Evidence = NONE,
    earning_id: str | None = None,
) -> Errors:
    """What is wrong with what somebody would give or take, in the order of its form.

    Of an agent who is not there no reply is looked for.
    """
    errors: Errors = {}
    if kind not in DECIDED:
        errors["kind"] = [N_("选一种调整。")]
    if session.get(Agent, agent_id) is None:
        errors["agent"] = [N_("没有这位客服。")]
    elif earning_id:
        earning = session.get(Earning, earning_id)
        if earning is None or earning.agent_id != agent_id:
            errors["earning"] = [N_("这位客服没有这条回复。")]
    taking = kind == "clawback"
    return errors | faults_of_any(amount_fen=amount_fen, reason=reason, evidence=evidence, needed=taking)


def faults_of_run(mode: str, figure: int | None, reason: str, evidence: str) -> Errors:
    """What is wrong with a run of back pay, but for its days and its card."""
    errors: Errors = {}
    if mode not in MODES:
        errors["mode"] = [N_("选一种算法。")]
    elif mode == "fixed" and not 1 <= (figure or 0) <= MOST_FIXED_FEN:
        errors["figure"] = [N_("每条补 0.01 到 100.00 元。")]
    elif mode == "percent" and not 1 <= (figure or 0) <= MOST_PERCENT:
        errors["figure"] = [N_("百分比要在 1 到 500 之间。")]
    if not reason.strip() or len(reason.strip()) > REASON_LENGTH:
        errors["reason"] = [N_("写明原因，客服会看到；最多 200 字。")]
    if not evidence.strip():
        errors["evidence"] = [N_("写明依据，只有财务看得到。")]
    elif len(evidence.strip()) > EVIDENCE_LENGTH:
        errors["evidence"] = [N_("依据最多 2000 字。")]
    return errors
