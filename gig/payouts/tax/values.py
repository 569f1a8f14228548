"""Words of tax, and what features above tell it of people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone, business_zone
from gig.core.text import N_

LOCK: Final = "tax"
"""Whoever changes what tax is reckoned from does it one at a time."""

DocumentKind = Literal["resident_id", "permit"]
FilingKind = Literal["withholding", "platform"]

DOCUMENTS: Final[tuple[DocumentKind, ...]] = ("resident_id", "permit")
FILINGS: Final[tuple[FilingKind, ...]] = ("withholding", "platform")

POLICY_WORDS: Final = {
    "none": N_("不代扣"),
    "labour_2018": N_("劳务报酬按次预扣（2018 年第 61 号）"),
    "platform_2025": N_("平台从业人员累计预扣（2025 年第 16 号）"),
}
GAP_WORDS: Final = {
    "reset": N_("中断一个月就重新累计"),
    "continue": N_("中断后接着累计"),
}
ITEMS: Final = {"labour_2018": "其他非连续劳务报酬", "platform_2025": "其他连续劳务报酬"}
"""The income item of the return, in the words of the tax office's own client."""

DOCUMENT_WORDS: Final[Mapping[DocumentKind, str]] = {
    "resident_id": "居民身份证",
    "permit": "港澳台居民居住证",
}


@dataclass(frozen=True)
class Document:
    """Who somebody is to the tax office."""

    name: str
    kind: DocumentKind
    number: str


Documents = Callable[[Session, Sequence[str]], Mapping[str, Document]]
Accounts = Callable[[Session, Sequence[str]], Mapping[str, str]]

documents: list[Documents] = []
"""How to look up the documents by which agents were verified; the feature that verifies adds itself."""

accounts: list[Accounts] = []
"""How to look up the accounts that agents are paid to; the feature that pays adds itself."""

failed: list[Callable[[], sa.Select[str]]] = []
"""How to select the ids of payments that the bank never made; the feature that pays adds itself."""


def zone() -> BusinessZone:
    """The business zone of this deployment: tax months are its months."""
    return business_zone(current_app.config["GIG_TIMEZONE"])
