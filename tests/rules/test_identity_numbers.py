"""Identity numbers, bank cards and how they are masked."""

from __future__ import annotations

import datetime as dt

import pytest

from gig.core.masks import mask_bank_card, mask_name, mask_phone, mask_resident_id
from gig.onboarding.rules.resident_id import BadNumber, ResidentId, check_character, read_resident_id
from gig.payouts.disbursement.rules.bank_card import luhn_holds, read_bank_card

TODAY = dt.date(2026, 11, 23)
SOUND = [
    "11010519491231002X",
    "360426199101010071",
    "110101199001010015",
    "32058319700101002X",
    "500103197001010011",
    "810000199001010019",
    "820000199001010029",
    "830000199001010039",
    "810000199408230021",
    "830000199201300022",
    "110101200811230015",
]


def valid(seventeen: str) -> str:
    return seventeen + check_character(seventeen)


@pytest.mark.parametrize("number", SOUND)
def test_a_sound_number_is_read_without_a_warning(number: str) -> None:
    found = read_resident_id(number, today=TODAY)
    assert isinstance(found, ResidentId)
    assert (found.number, found.warnings) == (number, ())


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("360426199101010072", "最后一位"),
        ("110101199002300014", "不存在"),
        ("110101205001010013", "还没有到"),
        ("110101190002290011", "不存在"),
        ("110101200811240010", "18 岁"),
        (valid("99999919900101001"), "永久居留"),
        (valid("16010119900101001"), "地区代码"),
        (valid("11010119900101000"), "顺序码"),
        (valid("11010118991231001"), "太早"),
        ("110101900101001", "一代"),
        ("1101011990010100", "18 位数字"),
        ("11010119900101001٣", "18 位数字"),
        ("", "18 位数字"),
    ],
)
def test_a_bad_number_is_refused_with_its_reason(number: str, reason: str) -> None:
    found = read_resident_id(number, today=TODAY)
    assert isinstance(found, BadNumber)
    assert reason in str(found.reason)


def test_a_number_may_be_typed_with_spaces_full_width_digits_and_a_small_x() -> None:
    found = read_resident_id(" １10105 19491231 002x ", today=TODAY)
    assert isinstance(found, ResidentId)
    assert (found.number, found.is_male, found.is_permit) == ("11010519491231002X", False, False)
    assert found.birthday == dt.date(1949, 12, 31)


def test_a_birthday_counts_on_the_day_itself() -> None:
    found = read_resident_id("110101200811230015", today=TODAY)
    assert isinstance(found, ResidentId)
    assert (found.age_on(TODAY), found.age_on(TODAY - dt.timedelta(days=1))) == (18, 17)


def test_the_minimum_age_may_be_lowered_to_sixteen_and_no_further() -> None:
    seventeen = "110101200811240010"
    assert isinstance(read_resident_id(seventeen, today=TODAY, minimum_age=16), ResidentId)
    fifteen = valid("11010120101124001")
    assert isinstance(read_resident_id(fifteen, today=TODAY, minimum_age=14), BadNumber)


def test_an_unusual_region_only_warns() -> None:
    found = read_resident_id(valid("11000019900101001"), today=TODAY)
    assert isinstance(found, ResidentId)
    assert "110000" in str(found.warnings[0])


def test_a_card_that_fails_its_check_digit_wants_a_confirmation() -> None:
    assert luhn_holds("6222021234567890128")
    assert luhn_holds("6214830000000017")
    doubtful = read_bank_card("6217 0000 1000 0000 000")
    assert doubtful.confirm is not None
    assert (doubtful.number, doubtful.bank_hint) == ("6217000010000000000", "中国建设银行")
    assert read_bank_card("6214-8300-0000-0017").confirm is None


@pytest.mark.parametrize("text", ["62220212345", "6" * 20, "6222O21234567890128", "1.23E+18", ""])
def test_a_card_number_is_twelve_to_nineteen_digits(text: str) -> None:
    with pytest.raises(ValueError, match="12 到 19"):
        read_bank_card(text)


def test_masks_leave_what_is_needed_to_recognise() -> None:
    assert (mask_name("张三"), mask_name("欧阳娜娜"), mask_name("")) == ("张*", "欧***", "")
    assert mask_resident_id("11010519491231001X") == "110***********001X"
    assert mask_bank_card("6222021234567890128") == "6222 **** 0128"
    assert mask_phone("13812348000") == mask_phone("+8613812348000") == "138****8000"
    assert (mask_phone("110"), mask_bank_card("123")) == ("***", "***")
