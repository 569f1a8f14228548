"""The places in a script that the conversation fills: a closed list, and a blank where nothing is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gig.core.text import N_

FIELDS = {
    "customer": N_("客户称呼"),
    "order": N_("订单号"),
    "kind": N_("订单类型"),
    "shop": N_("商家"),
    "amount": N_("订单金额"),
    "agent": N_("你的称呼"),
}
"""What may stand in braces, and what it is called where it has to be filled by hand."""

BLANKS = tuple(f"【{label}】" for label in FIELDS.values())
"""A place that nobody filled, as it stands in the text box. In Chinese whatever the page's language: it is
part of what would be sent."""

_BRACED = re.compile(r"\{([^{}]{0,40})\}")
_COMPOUND = (
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐",
    "夏侯", "端木", "南宫", "闻人",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a filled script: plain words, a value from the conversation, or a blank."""

    text: str
    kind: str = "words"


def unknown_fields(text: str) -> list[str]:
    """What stands in braces and is no field; a brace that closes nothing counts as well."""
    unknown = [name for name in _BRACED.findall(text) if name not in FIELDS]
    left = _BRACED.sub("", text)
    return unknown + [brace for brace in "{}" if brace in left]


def pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    """The script for one conversation: known values in place, a visible blank for each unknown one."""
    made: list[Piece] = []
    at = 0
    for braced in _BRACED.finditer(text):
        if braced.start() > at:
            made.append(Piece(text[at : braced.start()]))
        name = braced[1]
        value = (values.get(name) or "").strip()
        made.append(Piece(value, "value") if value else Piece(f"【{FIELDS[name]}】", "blank"))
        at = braced.end()
    if at < len(text):
        made.append(Piece(text[at:]))
    return made


def filled(text: str, values: Mapping[str, str]) -> str:
    return "".join(piece.text for piece in pieces(text, values))


def work_name(name: str) -> str:
    """What a customer may call the agent: `林可` → `小林`. The whole name stays with the platform."""
    name = name.strip()
    if not name or not "\u4e00" <= name[0] <= "\u9fff":
        return name.split()[0] if name else ""
    if "·" in name:
        return name.split("·")[0]
    surname = next((each for each in _COMPOUND if name.startswith(each) and len(name) > 2), name[0])
    return f"小{surname}"
