"""Where the money goes: in one's own name, sealed, masked, and never changed by a stolen phone alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.payouts.disbursement.models import Payee
from tests.features.onboarding.conftest import LogIn
from tests.features.onboarding.people import PASSWORD, Browser, hand_in, passed
from tests.features.onboarding.test_secrecy import raw_rows

CARD = "6222021234567890128"
UNUSUAL = "6217000010000000000"


@pytest.fixture
def phone(session: Session, applicant: str, reviewer: str, log_in: LogIn) -> Browser:
    """The phone of an agent whose identity was passed."""
    browser = log_in(applicant)
    hand_in(browser)
    passed(log_in(reviewer), session, applicant)
    return browser


def account(**changes: str) -> dict[str, str]:
    given = {"kind": "bank", "holder": "李晓明", "account": CARD, "password": PASSWORD, "consent": "1"}
    return {**given, **changes}


def payees(session: Session) -> list[Payee]:
    session.rollback()
    return session.query(Payee).order_by(Payee.id).all()


def test_a_card_is_kept_masked_with_its_bank(phone: Browser, session: Session) -> None:
    page = phone.post("/agent/payee", account(account="6222 0212 3456 7890 128"))
    assert "收款账户已保存" in page.text
    assert "6222 **** 0128" in page.text
    assert "中国工商银行" in page.text
    assert CARD not in page.text
    (payee,) = payees(session)
    assert (payee.account, payee.holder, payee.first) == (CARD, "李晓明", True)


def test_nothing_of_the_account_is_plain_in_the_database(phone: Browser, session: Session) -> None:
    phone.post("/agent/payee", account())
    everything = raw_rows(session, "payee") + raw_rows(session, "audit_log") + raw_rows(session, "outbox")
    assert CARD.encode() not in everything
    assert "李晓明".encode() not in everything
    entry = session.query(AuditEntry).filter_by(action="payee.set").one()
    assert "6222 **** 0128" in entry.detail
    assert "payee-2026-01" in entry.detail


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"holder": "王五"}, "户名要和实名一致"),
        ({"holder": ""}, "户名要和实名一致"),
        ({"account": "62220212"}, "12 到 19 位"),
        ({"password": "not mine"}, "密码不对"),
        ({"consent": ""}, "需要你单独同意"),
        ({"kind": "cash"}, "请选银行卡或支付宝"),
        ({"kind": "alipay", "account": "someone"}, "11 位手机号或邮箱"),
        ({"account": "6299991234567890128"}, "请填写开户银行"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    changes: dict[str, str], words: str, phone: Browser, session: Session
) -> None:
    form = account(**changes)
    if form["account"].startswith("629999"):
        form["confirmed"] = "1"
    page = phone.post("/agent/payee", form)
    assert page.status_code == 422
    assert words in page.text
    assert payees(session) == []


def test_a_card_that_fails_the_usual_check_must_be_confirmed(phone: Browser, session: Session) -> None:
    page = phone.post("/agent/payee", account(account=UNUSUAL))
    assert page.status_code == 422
    assert "再核对一遍" in page.text
    assert 'name="confirmed"' in page.text
    assert payees(session) == []
    phone.post("/agent/payee", account(account=UNUSUAL, confirmed="1"))
    assert [payee.account for payee in payees(session)] == [UNUSUAL]


def test_a_change_says_that_payouts_wait_and_keeps_the_old_account(phone: Browser, session: Session) -> None:
    phone.post("/agent/payee", account())
    page = phone.post("/agent/payee", account(kind="alipay", account="138 1234 8000"))
    assert "24 小时后恢复付款" in page.text
    assert "付款会先暂缓" in page.text
    assert "138****8000" in page.text
    assert [(payee.kind, payee.first) for payee in payees(session)] == [("bank", True), ("alipay", False)]


def test_saving_the_same_account_again_holds_nothing(phone: Browser, session: Session) -> None:
    phone.post("/agent/payee", account())
    assert "暂缓，钱仍归你" not in phone.post("/agent/payee", account()).text
    assert len(payees(session)) == 1


def test_an_applicant_is_sent_to_the_identity_check_first(applicant: str, log_in: LogIn) -> None:
    phone = log_in(applicant)
    assert "先完成实名" in phone.get("/agent/payee").text
    assert phone.post("/agent/payee", account()).status_code == 409


def test_guessing_the_password_is_slowed(phone: Browser, session: Session) -> None:
    answers = [phone.post("/agent/payee", account(password=f"guess {n}")).status_code for n in range(6)]
    assert answers == [422] * 5 + [429]
    assert payees(session) == []


def test_two_agents_with_one_account_are_counted_in_the_log(
    phone: Browser, session: Session, another: str, reviewer: str, log_in: LogIn
) -> None:
    phone.post("/agent/payee", account())
    other = log_in(another)
    hand_in(other, name="周子涵", number="360426199101010071")
    passed(log_in(reviewer), session, another)
    other.post("/agent/payee", account(holder="周子涵"))
    session.rollback()
    set_ = sa.select(AuditEntry.detail).where(AuditEntry.action == "payee.set")
    details = session.scalars(set_.order_by(AuditEntry.id))
    assert ['"shared_with": 1' in detail for detail in details] == [False, True]
