"""Money is a whole number of fen (0.01 yuan), always CNY; shares and multipliers are whole percent."""

import re
import unicodedata

from gig.core.text import N_

MINUS = "\N{MINUS SIGN}"

_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<yuan>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.(?P<fen>[0-9]{1,2}))?",
)
_TOO_FINE = re.compile(r"[+-]?[0-9,]+\.[0-9]{3,}")


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to the fraction; a half goes away from zero, so −x rounds to −round(x)."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


def half_up_percent(fen: int, percent: int) -> int:
    """`percent` % of `fen`, rounded half up to a whole fen."""
    return half_up(fen * percent, 100)


def yuan(fen: int, *, minus: str = "-", grouped: bool = False) -> str:
    """`360` → `3.60`; pages pass `minus=MINUS` and may group thousands, files pass neither."""
    whole, rest = divmod(abs(fen), 100)
    digits = f"{whole:,}" if grouped else str(whole)
    return f"{minus if fen < 0 else ''}{digits}.{rest:02d}"


def parse_yuan(text: str, *, negative: bool = False) -> int:
    """The fen of an amount typed by a person: `3.6`, `¥1,234.50`.

    Raises ValueError, with a Chinese sentence, for anything that is not an exact number of fen.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(MINUS, "-")
    plain = plain.replace("¥", "", 1).strip()
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        if _TOO_FINE.fullmatch(plain):
            raise ValueError(N_("金额最多两位小数。"))
        raise ValueError(N_("金额要写成数字，例如 3.60。"))
    fen = int(found["yuan"].replace(",", "")) * 100 + int((found["fen"] or "").ljust(2, "0"))
    if found["sign"] == "-" and fen:
        if not negative:
            raise ValueError(N_("金额不能是负数。"))
        return -fen
    return fen


def multiplier(percent: int) -> str:
    """`150` → `1.5`, `200` → `2.0`, `125` → `1.25`: how a multiplier is read aloud."""
    whole, rest = divmod(percent, 100)
    digits = f"{rest:02d}"
    return f"{whole}.{digits[:1] if digits.endswith('0') else digits}"
