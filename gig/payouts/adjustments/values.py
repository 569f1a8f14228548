"""The kinds of adjustment, what each is called, and the limit that finance may change."""

from __future__ import annotations

from gig.core import tunables
from gig.core.text import N_
from gig.core.tunables import Tunable

GIVEN = ("bonus", "award", "goodwill")
DECIDED = (*GIVEN, "clawback")
"""The kinds that a person decides for one agent; `back_pay` comes from a run, `reversal` names an entry."""
KINDS = (*DECIDED, "back_pay", "reversal")
AWARDS = ("bonus", "award")
"""The kinds whose source key is `award:ID`; reversals have `reversal:ID:ENTRY`, others `adjustment:ID`."""

WORDS = {
    "bonus": N_("奖金"),
    "award": N_("奖励"),
    "goodwill": N_("补偿"),
    "clawback": N_("扣回"),
    "back_pay": N_("补发"),
    "reversal": N_("冲回"),
}
MOST_FEN = 10_000_000
REASON_LENGTH = 200
EVIDENCE_LENGTH = 2000
FILE_BYTES = 5 * 1024 * 1024
FILE_TYPES = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
"""What may be kept as evidence, with the bytes that such a file begins with."""

ALONE = Tunable(
    "adjust_alone_fen",
    5000,
    0,
    MOST_FEN,
    N_("一个人一天给同一位客服调整，合计不超过多少分不用第二个人"),
    "finance",
    looser="larger",
)

tunables.declare(ALONE)
