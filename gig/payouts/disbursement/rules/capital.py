"""An amount as Chinese vouchers write it out: 壹仟贰佰叁拾肆元伍角陆分."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")


def capital(fen: int) -> str:
    """The amount in formal characters; it ends in 整 where there are no 分. Up to 9999 万亿 yuan."""
    if not 0 <= fen < 10**18:
        raise ValueError(fen)
    whole, (jiao, last) = fen // 100, divmod(fen % 100, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif last and whole:
        text += "零"
    if last:
        return f"{text}{_DIGITS[last]}分"
    return f"{text or '零元'}整"


def _whole(number: int) -> str:
    """Groups of four digits; where zeros stand inside, one 零 says so."""
    text, group, low = "", 0, False
    while number:
        number, four = divmod(number, 10_000)
        if four:
            zero = "零" if text and low else ""
            text = f"{_four(four)}{_GROUPS[group]}{zero}{text}"
            low = four < 1000
        else:
            low = low or bool(text)
        group += 1
    return text


def _four(number: int) -> str:
    text, gap = "", False
    for place, digit in enumerate(reversed(f"{number:d}")):
        if digit == "0":
            gap = bool(text)
            continue
        text = f"{_DIGITS[int(digit)]}{_PLACES[place]}{'零' if gap else ''}{text}"
        gap = False
    return text
