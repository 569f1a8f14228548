"""Who and what the demo world holds: queues, issue types, people, and the secrets that follow from a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import asdict, dataclass

CHANNEL = "demo"
PASSWORD = "demo-1234"

QUEUES = (
    ("refund", "退款", "Refunds", False),
    ("delivery", "配送", "Delivery", False),
    ("quality", "餐品", "Food quality", False),
    ("account", "账号", "Accounts", True),
    ("merchant", "商家", "Merchants", False),
    ("general", "综合", "General", False),
    ("senior", "高级客服", "Senior desk", False),
)
"""(slug, name, English name, whether it is easy)"""

ESCALATIONS = (
    *((queue, "senior", "senior") for queue, *_ in QUEUES if queue != "senior"),
    ("delivery", "quality", "specialist"),
    ("general", "account", "specialist"),
)
"""(queue, the queue that takes its escalations, what that one is)"""

ISSUE_TYPES = (
    ("refund_status", "退款进度", "Refund status"),
    ("refund_amount", "退款金额", "Refund amount"),
    ("refund_refused", "退款被拒", "Refund refused"),
    ("late", "送餐超时", "Late delivery"),
    ("not_received", "没有收到", "Not received"),
    ("wrong_address", "地址有误", "Wrong address"),
    ("rider", "骑手服务", "Rider"),
    ("missing_item", "少送漏送", "Missing item"),
    ("spoiled", "变质", "Spoiled"),
    ("wrong_item", "送错餐", "Wrong item"),
    ("foreign_body", "异物", "Foreign body"),
    ("taste", "口味和分量", "Taste and portion"),
    ("login", "登录", "Login"),
    ("phone_change", "换手机号", "New phone number"),
    ("coupon", "优惠券", "Coupons"),
    ("membership", "会员", "Membership"),
    ("settlement", "商家结算", "Merchant settlement"),
    ("menu", "菜单", "Menu"),
    ("hours", "营业时间", "Opening hours"),
    ("appeal", "评价申诉", "Review appeals"),
    ("invoice", "发票", "Invoices"),
    ("app", "软件使用", "Using the app"),
    ("privacy", "隐私", "Privacy"),
    ("other", "其他", "Other"),
    ("general", "一般咨询", "General question"),
)
"""(slug, name, English name)"""


@dataclass(frozen=True)
class DemoPerson:
    """Somebody in the demo world. `born` and `serial` make an identity number that nobody has."""

    role: str
    name: str
    phone: str
    born: str = ""
    serial: int = 0


STAFF = (
    DemoPerson("reviewer", "周审", "13900000001"),
    DemoPerson("ops", "吴运", "13900000002"),
    DemoPerson("finance", "郑会", "13900000003"),
    DemoPerson("finance", "钱核", "13900000004"),
    DemoPerson("admin", "管一", "13900000005"),
)
REVIEWER, OPS, MAKER, CHECKER, ADMIN = STAFF

_FIRST_TEN = ("林可", "陈屿", "王桐", "李昭", "张禾", "赵宁", "孙悦", "何川", "高朗", "马晓䶮")
_SURNAMES = "冯蒋沈韩杨朱秦许吕施孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
_GIVEN = (
    "安",
    "若溪",
    "子衿",
    "一帆",
    "明远",
    "知夏",
    "怀瑾",
    "清和",
    "书言",
    "南乔",
    "景行",
    "思齐",
    "云舒",
)


def agents(count: int) -> Iterator[DemoPerson]:
    """The first `count` agents: the same ones every time."""
    for number in range(count):
        if number < len(_FIRST_TEN):
            name = _FIRST_TEN[number]
        else:
            name = _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number * 5 % len(_GIVEN)]
        yield DemoPerson("agent", name, f"1390001{number:04d}", _born(number), number % 1000 + 1)


def _born(number: int) -> str:
    return f"{1986 + number % 17}{number % 12 + 1:02d}{number % 28 + 1:02d}"


def identity_number(person: DemoPerson) -> str:
    """A sound number of a district that does not exist."""
    from gig.onboarding.rules.resident_id import check_character

    first = f"110199{person.born}{person.serial % 999 + 1:03d}"
    return first + check_character(first)


def bank_card(person: DemoPerson) -> str:
    """A card number that passes the usual check, of a range that no bank gives out."""
    from gig.payouts.disbursement.rules.bank_card import luhn_holds

    first = f"62220299{person.phone[-8:]}0"
    return next(first + str(digit) for digit in range(10) if luhn_holds(first + str(digit)))


@dataclass(frozen=True)
class Login:
    """How a demo person gets in. The channel has a name and a token only."""

    role: str
    name: str
    phone: str | None = None
    password: str | None = None
    token: str = ""

    def as_json(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value is not None}


def login_of(person: DemoPerson, secret_key: str) -> Login:
    return Login(
        person.role, person.name, person.phone, PASSWORD, _secret("gig_p_", person.phone, secret_key)
    )


def channel_login(secret_key: str) -> Login:
    return Login("channel", CHANNEL, token=_secret("gig_c_", CHANNEL, secret_key))


def logins(count: int, secret_key: str) -> list[Login]:
    """Every login of the demo world with `count` agents, in the order in which it is printed."""
    people = [login_of(person, secret_key) for person in (*agents(count), *STAFF)]
    return [*people, channel_login(secret_key)]


def _secret(prefix: str, whose: str, secret_key: str) -> str:
    """The same for ever under one secret key, so that a second seeding prints what the first one did."""
    made = hmac.digest(secret_key.encode(), f"demo:{whose}".encode(), hashlib.sha256)
    return prefix + base64.urlsafe_b64encode(made).decode().rstrip("=")
