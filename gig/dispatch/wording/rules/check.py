"""What happens to a text before it is sent: blocked with every reason, or let through, masked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gig.dispatch.rules.substantive import core_of
from gig.dispatch.scripts.rules.fields import BLANKS
from gig.dispatch.wording.rules.lists import Lists
from gig.dispatch.wording.rules.matching import Hit
from gig.dispatch.wording.rules.personal import Found, echoes, host_of, told
from gig.dispatch.wording.rules.reading import Reading, read

LONG_ENOUGH = 20
"""From so many characters on an answer without a closing gets the hint."""

_TOKENS = re.compile("微信|微心|微讯|weixin|wechat|v信|vx|wx|qq|扣扣|企鹅")
_LISTING = re.compile("[、/,，]")
_BEFORE_ID = "号是为群id加搜找"
_ACCOUNT = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LEAST, _ID_MOST = 5, 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why the text is not sent: its kind, and the words of the text that it is about."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`text` is what would be sent; with faults nothing is. `masked` names the kinds of what is hidden."""

    text: str
    faults: tuple[Fault, ...] = ()
    masked: tuple[str, ...] = ()


def asks_for_words(text: str) -> bool:
    """Whether the customer's own words decide about the text: it holds something that may be theirs."""
    return any(each.kind != "link" for each in told(text))


def check(text: str, lists: Lists, *, customer_words: str = "") -> Verdict:
    """The verdict. `customer_words` is what the customer and the order told, for what is echoed."""
    reading = read(text)
    hits = [*lists.matcher.hits(reading), *_accounts(reading)]
    free = [(hit.start, hit.end) for hit in hits if hit.kind == "allowed"]
    faults = [Fault(hit.kind, text[hit.start : hit.end]) for hit in _out_of(free, hits)]
    masked: list[Found] = []
    for each in told(text):
        if each.kind == "resident" or (each.kind != "link" and echoes(each, customer_words)):
            masked.append(each)
        elif each.kind != "address" and not _allowed(each, lists):
            faults.append(Fault(each.kind, text[each.start : each.end]))
    faults += [Fault("blank", blank) for blank in BLANKS if blank in text]
    return Verdict(
        text=_masked(text, masked),
        faults=tuple(dict.fromkeys(faults)),
        masked=tuple(dict.fromkeys(each.kind for each in masked)),
    )


def unclosed(text: str, lists: Lists) -> bool:
    """Whether a long answer ends without a closing word; worth a hint, never a reason to hold it back."""
    closed = any(hit.kind == "closing" for hit in lists.matcher.hits(read(text)))
    return len(core_of(text)) >= LONG_ENOUGH and not closed


def _out_of(free: list[tuple[int, int]], hits: list[Hit]) -> list[Hit]:
    """What is blocked: hits that no allowed phrase touches, of those that overlap the longer one."""
    blocked = [hit for hit in hits if hit.kind in ("forbidden", "contact")]
    kept: list[Hit] = []
    for hit in sorted(blocked, key=lambda each: (each.start - each.end, each.start)):
        if all(hit.end <= start or hit.start >= end for start, end in free):
            kept.append(hit)
            free = [*free, (hit.start, hit.end)]
    return sorted(kept, key=lambda each: each.start)


def _accounts(reading: Reading) -> list[Hit]:
    """`微信号 abc123`, `qq 12345678`: a name of a messenger with an account behind it."""
    text, made = reading.text, []
    for token in _TOKENS.finditer(text):
        first = _behind(text, token.end(), _BEFORE_ID, most=4)
        end = _behind(text, first, _ACCOUNT, most=_ID_MOST + 1)
        account = text[first:end]
        if _ID_LEAST <= len(account) <= _ID_MOST and not account.isalpha():
            start, last = reading.span(token.start(), end)
            listed = _LISTING.search(reading.original, *reading.span(token.start(), first + 1))
            inside = token[0].isascii() and reading.original[start - 1 : start].isalnum()
            if not listed and not inside:
                made.append(Hit("contact", token[0], start, last))
    return made


def _behind(text: str, at: int, characters: str, *, most: int) -> int:
    """Where a run of these characters ends, at most so many of them."""
    end = at
    while end < min(len(text), at + most) and text[end] in characters:
        end += 1
    return end


def _allowed(each: Found, lists: Lists) -> bool:
    if each.kind == "link":
        host = host_of(each.key)
        return any(host == allowed or host.endswith(f".{allowed}") for allowed in lists.allowed_hosts)
    return each.key in lists.allowed_numbers


def _masked(text: str, found: list[Found]) -> str:
    for each in reversed(found):
        text = text[: each.start] + each.shown + text[each.end :]
    return text
