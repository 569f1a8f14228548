"""Links that work once and for minutes, vouchers, and accounts that are shown with a reason alone."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.audit import AuditEntry
from gig.core.errors import NotFound, Refused
from gig.payouts.disbursement.models import DownloadLink
from gig.payouts.disbursement.operations.downloads import LinkGone, make_link, open_vouchers, use_link
from gig.payouts.disbursement.values import LINK_LASTS
from tests.features.disbursement.payday import LATER, NOW, answer, approved_week, as_csv, exported, lines, row
from tests.features.settlement.conftest import Desk

pytestmark = pytest.mark.usefixtures("programs_here")


def link(batch_id: str, what: str = "xlsx") -> str:
    return make_link(batch_id=batch_id, what=what, actor_id="maker", now=NOW)


def test_a_link_gives_the_file_once(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    secret = link(batch_id)
    sheet, _batch = use_link(secret=secret, actor_id="checker", now=NOW)
    assert sheet is not None and sheet.name == "PB20261123-0001.xlsx"
    with pytest.raises(LinkGone) as gone:
        use_link(secret=secret, actor_id="checker", now=NOW)
    assert "已经用过一次" in str(gone.value)
    session.rollback()
    log = sa.select(AuditEntry.actor_id).where(AuditEntry.action == "batch.download")
    assert list(session.scalars(log)) == ["checker"]


def test_a_link_is_over_after_its_minutes(session: Session) -> None:
    approved_week(1200)
    secret = link(exported())
    with pytest.raises(LinkGone) as gone:
        use_link(secret=secret, actor_id="maker", now=NOW + LINK_LASTS)
    assert "已经过期" in str(gone.value)


def test_the_secret_of_a_link_is_not_in_the_database(session: Session) -> None:
    approved_week(1200)
    secret = link(exported())
    session.rollback()
    (kept,) = session.scalars(sa.select(DownloadLink))
    assert secret not in {kept.secret_hash, kept.id, kept.what}
    with pytest.raises(NotFound):
        use_link(secret="guess", actor_id="maker", now=NOW)


def test_no_link_to_what_is_not_there(session: Session) -> None:
    approved_week(1200)
    batch_id = exported()
    with pytest.raises(NotFound):
        link(batch_id, "../secret.xlsx")
    with pytest.raises(NotFound):
        link("0" * 26)


def test_the_vouchers_say_what_was_paid_to_whom_and_what_the_bank_said(session: Session) -> None:
    approved_week(123456, 3400, names=("林<可>", "何静"))
    batch_id = exported()
    one, two = lines(session)
    answer(batch_id, as_csv(row(one), row(two, "失败", "超过限额")))
    session.rollback()
    name, file = open_vouchers(batch_id, now=LATER)
    assert name == "PB20261123-0001-vouchers.zip"
    with file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        names = archive.namelist()
        assert len(names) == 4
        page = archive.read(f"凭证/{one.number}.html").decode()
        assert "¥1,234.56（壹仟贰佰叁拾肆元伍角陆分）" in page
        assert "林&lt;可&gt;" in page and f"settled:{one.id}" in page
        assert "6222021234567" not in page
        whole = archive.read("批次凭证.html").decode()
        assert "SHA-256" in whole and "已到账" in whole and "付款失败" in whole
        listed = list(csv.reader(io.StringIO(archive.read("凭证目录.csv").decode("utf-8-sig"))))
    assert [(each[0], each[5], each[6]) for each in listed[1:]] == [
        (one.number, "1234.56", "已到账"),
        (two.number, "34.00", "付款失败"),
    ]


def test_no_vouchers_before_the_export(session: Session) -> None:
    with pytest.raises((NotFound, Refused)):
        open_vouchers("0" * 26, now=NOW)


@pytest.mark.usefixtures("after_closing_time")
class TestPages:
    def test_a_link_used_twice_is_told_so_and_leads_back_to_the_batch(
        self, session: Session, desk: Desk
    ) -> None:
        approved_week(1200)
        batch_id = exported()
        finance = desk()
        page = finance.post(f"/console/batches/{batch_id}/links", {"what": "xlsx", "do": "share"})
        address = page.text.partition("data-link>")[2].partition("<")[0].replace("http://localhost", "")
        assert finance.get(address).data[:2] == b"PK"
        again = finance.get(address)
        assert again.status_code == 410
        assert "已经用过一次" in again.text and f"/console/batches/{batch_id}" in again.text
        assert desk("ops").get(address).status_code == 403
        assert "用于" in finance.get(f"/console/batches/{batch_id}").text

    def test_the_vouchers_come_by_link_too(self, session: Session, desk: Desk) -> None:
        approved_week(1200)
        batch_id = exported()
        answer_ = desk().post(f"/console/batches/{batch_id}/links", {"what": "vouchers"})
        assert answer_.data[:2] == b"PK"
        assert "vouchers.zip" in answer_.headers["Content-Disposition"]
        answer_.close()

    def test_an_account_is_masked_until_a_reason_is_given_and_then_on_record(
        self, session: Session, desk: Desk
    ) -> None:
        (lin,) = approved_week(1200)
        exported()
        finance = desk()
        page = finance.get(f"/console/payees/{lin}")
        assert "6222 ****" in page.text and "6222021234567" not in page.text
        payee = lines(session)[0].payee_id
        refused = finance.post(f"/console/payees/{lin}/reveal", {"payee": str(payee), "reason": " "})
        assert refused.status_code == 422 and "6222021234567" not in refused.text
        shown = finance.post(f"/console/payees/{lin}/reveal", {"payee": str(payee), "reason": "银行来电核对"})
        assert "6222021234567" in shown.text
        assert "银行来电核对" in finance.get(f"/console/payees/{lin}").text
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "payee.reveal")).one()
        assert entry.reason == "银行来电核对" and "6222021234567" not in entry.detail
        assert finance.post(f"/console/payees/{'0' * 26}/reveal", {"payee": str(payee)}).status_code == 404
        assert desk("ops").get(f"/console/payees/{lin}").status_code == 403
