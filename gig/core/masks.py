"""How personal data is shown to those who need to recognise it, not to know it."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """`张三` → `张*`."""
    return name[:1] + "*" * (len(name) - 1)


def mask_resident_id(number: str) -> str:
    """`11010519491231002X` → `110***********002X`: the province and the last four."""
    return _middle(number, 3, 4)


def mask_phone(phone: str) -> str:
    """`13812348000` or `+8613812348000` → `138****8000`."""
    return _middle(phone.removeprefix("+86"), 3, 4)


def mask_bank_card(number: str) -> str:
    """`6222021234567890128` → `6222 **** 0128`."""
    if len(number) < 12:
        return "*" * len(number)
    return f"{number[:4]} **** {number[-4:]}"


def _middle(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)
