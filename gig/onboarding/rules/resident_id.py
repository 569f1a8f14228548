"""The number of a resident identity card (GB 11643-1999) and of the residence permits like it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from gig.core.text import N_, Sentence

MINIMUM_AGE = 18
LOWEST_MINIMUM_AGE = 16
_OLDEST = 120
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71]
)
_PERMITS = frozenset({81, 82, 83})


@dataclass(frozen=True)
class ResidentId:
    """A sound number and what it says. `warnings` want a second look and refuse nothing."""

    number: str
    birthday: dt.date
    is_male: bool
    is_permit: bool
    warnings: tuple[Sentence, ...] = ()

    def age_on(self, day: dt.date) -> int:
        """Whole years; the birthday itself counts."""
        had_birthday = (day.month, day.day) >= (self.birthday.month, self.birthday.day)
        return day.year - self.birthday.year - (not had_birthday)


@dataclass(frozen=True)
class BadNumber:
    """Why the text is no acceptable number."""

    reason: Sentence


def normalize(text: str) -> str:
    """Half-width, without spaces, the check letter upper-case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(first_seventeen: str) -> str:
    """The last character that ISO 7064 MOD 11-2 gives to the seventeen digits before it."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return _CHECK[total % 11]


def is_permit_number(number: str) -> bool:
    """Whether a sound number is one of a residence permit for people of Hong Kong, Macau or Taiwan."""
    return int(number[:2]) in _PERMITS


def read_resident_id(text: str, *, today: dt.date, minimum_age: int = MINIMUM_AGE) -> ResidentId | BadNumber:
    """The number as it is stored, or the first reason against it. `today` is the business day."""
    number = normalize(text)
    if re.fullmatch(r"[0-9]{15}", number):
        return _bad(N_("15 位的一代身份证已停用，请填写 18 位号码。"))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return _bad(N_("身份证号是 18 位数字，最后一位可以是 X。"))
    province = int(number[:2])
    if number[0] == "9":
        return _bad(N_("暂不支持外国人永久居留身份证。"))
    if province not in _PROVINCES and province not in _PERMITS:
        return _bad(N_("身份证号开头的地区代码不存在。"))
    birthday = _birthday(number)
    if birthday is None:
        return _bad(N_("身份证号里的出生日期不存在。"))
    if birthday > today:
        return _bad(N_("身份证号里的出生日期还没有到。"))
    if number[14:17] == "000":
        return _bad(N_("身份证号里的顺序码不对。"))
    if check_character(number[:17]) != number[17]:
        return _bad(N_("身份证号最后一位对不上，请核对是否输错。"))
    found = ResidentId(
        number=number,
        birthday=birthday,
        is_male=int(number[16]) % 2 == 1,
        is_permit=province in _PERMITS,
        warnings=_warnings(number),
    )
    age = found.age_on(today)
    if age > _OLDEST:
        return _bad(N_("身份证号里的出生日期太早。"))
    least = max(minimum_age, LOWEST_MINIMUM_AGE)
    if age < least:
        return _bad(N_("要年满 %(age)s 岁才能接单。"), age=least)
    return found


def _birthday(number: str) -> dt.date | None:
    try:
        return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _warnings(number: str) -> tuple[Sentence, ...]:
    region = number[:6]
    is_permit = int(number[:2]) in _PERMITS
    unusual = not region.endswith("0000") if is_permit else region.endswith("00")
    return (Sentence(N_("地区代码 %(region)s 不常见，请对照证件。"), {"region": region}),) if unusual else ()


def _bad(message: str, **params: object) -> BadNumber:
    return BadNumber(Sentence(message, params))
