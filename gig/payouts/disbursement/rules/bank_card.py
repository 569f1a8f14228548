"""A bank card number: what is refused, what only wants a second look, and which bank it hints at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from gig.core.text import N_, Sentence

# The first digits of common debit cards, as shipped; people of the house correct them on a page. Only a hint
# on the form; nothing depends on it.
BANK_HINTS: Mapping[str, str] = {
    "622202": "中国工商银行",
    "621226": "中国工商银行",
    "622848": "中国农业银行",
    "622845": "中国农业银行",
    "621661": "中国银行",
    "621785": "中国银行",
    "621700": "中国建设银行",
    "622700": "中国建设银行",
    "622260": "交通银行",
    "622262": "交通银行",
    "622188": "中国邮政储蓄银行",
    "621799": "中国邮政储蓄银行",
    "621483": "招商银行",
    "622588": "招商银行",
    "622690": "中信银行",
    "622662": "中国光大银行",
    "622630": "华夏银行",
    "622622": "中国民生银行",
    "622908": "兴业银行",
    "622909": "兴业银行",
    "622521": "浦发银行",
}


@dataclass(frozen=True)
class BankCard:
    """A card number that may be stored. `confirm` is what its owner must confirm first, if anything."""

    number: str
    bank_hint: str | None
    confirm: Sentence | None


def read_bank_card(text: str, *, hints: Mapping[str, str] = BANK_HINTS) -> BankCard:
    """The number in plain digits; ValueError, with a Chinese sentence, when it has not 12 to 19 of them."""
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{12,19}", number):
        raise ValueError(N_("银行卡号是 12 到 19 位数字。"))
    confirm = None if luhn_holds(number) else Sentence(N_("这个卡号不符合常见的校验规则，请再核对一遍。"))
    return BankCard(number, bank_of(number, hints), confirm)


def bank_of(number: str, hints: Mapping[str, str]) -> str | None:
    """The bank that the longest known beginning of the number hints at."""
    return next((hints[number[:size]] for size in range(10, 2, -1) if number[:size] in hints), None)


def luhn_holds(digits: str) -> bool:
    """Whether the check digit fits. Some corporate and old accounts have none, so this only warns."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
