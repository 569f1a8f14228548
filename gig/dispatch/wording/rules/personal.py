"""Numbers, addresses and links in a text: what each is, and how much of it may be shown."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gig.core.masks import mask_bank_card, mask_phone, mask_resident_id
from gig.dispatch.wording.rules.reading import Number, many_digits, numbers

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"(?<![0-9a-z])[1-9][0-9]{16}[0-9x](?![0-9a-z])", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:[\u4e00-\u9fff]{1,12}(?:路|街|道|巷|弄|胡同|小区|花园|公寓|大厦|广场|村|苑|城|园))\s?"
    r"(?:[0-9a-z一二三四五六七八九十]{1,6}\s?(?:号楼|号院|号|弄|栋|幢|座|单元|层|楼|室|房)[,，\s]?){1,6}(?:[0-9]{1,5})?",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}", re.IGNORECASE
)
_TOPS = "com|cn|net|org|top|xyz|vip|cc|me|io|shop|site|club|info|link|live|ly|tk|app|dev|hk|tw|co|us|ru"
_LINK = re.compile(
    r"https?://[^\s\u4e00-\u9fff]{1,300}"
    rf"|(?<![a-z0-9@.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{_TOPS})(?![a-z0-9.-])(?:/[^\s\u4e00-\u9fff]{{0,300}})?",
    re.IGNORECASE,
)
_DIGIT = re.compile("[0-9一二三四五六七八九十]")
_WORTH_A_LOOK = re.compile("[.@．＠号弄栋幢座元层楼室房]|://")


@dataclass(frozen=True, slots=True)
class Found:
    """Something in the text that tells who somebody is or where to reach them. `shown` is it masked."""

    kind: str
    start: int
    end: int
    key: str
    shown: str


def told(text: str) -> list[Found]:
    """Everything of this kind that the text holds, in its order; of what overlaps the longer one."""
    if not _WORTH_A_LOOK.search(text) and not many_digits(text):
        return []  # most replies
    flat = flattened(text)
    found = [*_residents(flat), *_numbers(text), *_addresses(flat), *_mails(flat), *_links(flat)]
    kept: list[Found] = []
    for each in sorted(found, key=lambda one: (-(one.end - one.start), one.start)):
        if all(each.end <= other.start or each.start >= other.end for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda one: one.start)


def flattened(text: str) -> str:
    """NFKC, zero-width marks made alike; each character stays one, at its place."""
    return "".join(_flat(character) for character in text)


def _flat(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.category(character) in ("Cf", "Mn"):
        return "\u2060"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def echoes(each: Found, words: str) -> bool:
    """Whether the customer's own words, or the order, hold the same."""
    if each.kind in ("phone", "landline", "card", "resident"):
        return (
            any(number.digits in (each.key, "86" + each.key) for number in numbers(words))
            or each.key in words
        )
    return each.key in compact(flattened(words))


def compact(text: str) -> str:
    return "".join(text.lower().split()).replace("，", "").replace(",", "")


def _residents(flat: str) -> list[Found]:
    return [
        Found("resident", match.start(), match.end(), match[0].upper(), mask_resident_id(match[0]))
        for match in _RESIDENT.finditer(flat)
        if _is_resident(match[0].upper())
    ]


def _is_resident(number: str) -> bool:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 and _CHECKS[total % 11] == number[17]


def _numbers(text: str) -> list[Found]:
    made = []
    for number in numbers(text):
        kind, digits = _kind_of(number)
        if kind == "resident":
            made.append(Found(kind, number.start, number.end, digits, mask_resident_id(digits)))
        elif kind == "card":
            made.append(Found(kind, number.start, number.end, digits, mask_bank_card(digits)))
        elif kind:
            made.append(Found(kind, number.start, number.end, digits, mask_phone(digits)))
    return made


def _kind_of(number: Number) -> tuple[str, str]:
    digits, groups = number.digits, number.groups
    mobile = digits.removeprefix("86") if len(digits) == 13 else digits
    if len(mobile) == 11 and mobile[0] == "1" and mobile[1] in "3456789" and _grouped(number):
        return "phone", mobile
    if digits[0] == "0" and 10 <= len(digits) <= 12 and _landline(digits, groups):
        return "landline", digits
    if len(digits) == 18 and len(groups) <= 4 and _is_resident(digits):
        return "resident", digits
    if 16 <= len(digits) <= 19 and _card(digits) and _grouped(number):
        return "card", digits
    return "", digits


def _grouped(number: Number) -> bool:
    """As people group a number: a few groups, or many single digits; not 15-20 2024-1-15."""
    return len(number.groups) <= 3 or len(set(number.groups[:-1])) == 1


def _landline(digits: str, groups: tuple[int, ...]) -> bool:
    if len(groups) == 2:
        return groups[0] in (3, 4) and groups[1] in (7, 8)
    return len(groups) == 1 and len(digits) == 11 and digits[1] in "12"


def _card(digits: str) -> bool:
    """A number of the card schemes in use here that passes the usual check."""
    if not (digits.startswith("62") or (len(digits) == 16 and digits[0] in "45")):
        return False
    total = sum(int(digit) for digit in digits[-1::-2])
    total += sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return total % 10 == 0


def _addresses(flat: str) -> list[Found]:
    return [
        Found("address", match.start(), match.end(), _tail(match[0]), _DIGIT.sub("*", match[0]))
        for match in _ADDRESS.finditer(flat)
    ]


def _tail(address: str) -> str:
    """From the name of the street on: what comes before it differs in how it is said."""
    whole = compact(address)
    digit = next(place for place, character in enumerate(whole) if _DIGIT.match(character))
    return whole[max(0, digit - 3) :]


def _mails(flat: str) -> list[Found]:
    return [
        Found(
            "email",
            match.start(),
            match.end(),
            match[0].lower(),
            f"{match[0][0]}***@{match[0].split('@')[1]}",
        )
        for match in _EMAIL.finditer(flat)
    ]


def _links(flat: str) -> list[Found]:
    return [Found("link", match.start(), match.end(), match[0].lower(), "") for match in _LINK.finditer(flat)]


def host_of(link: str) -> str:
    """`https://a.example.com/x` → `a.example.com`."""
    return link.split("://")[-1].split("/")[0].split("?")[0].split(":")[0].rpartition("@")[2]
