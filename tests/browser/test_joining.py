"""An applicant on a phone and a reviewer at a desk, in real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.features.onboarding.people import NUMBER, PASSWORD, photo
from tests.fixtures.browser import serious_faults_of_access
from tests.fixtures.servers import Server, gig

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "card.jpg"
    path.write_bytes(photo(seed="browser"))
    return path


@pytest.fixture
def at_desk(live_server: Server, database_url: str, tmp_path: Path, desk: Page) -> Page:
    """A desk at which a reviewer is logged in."""
    made = gig(
        *("user", "create", "--role", "reviewer", "--phone", "13900139000", "--name", "徐婷"),
        cwd=tmp_path,
        GIG_DATABASE_URL=database_url,
    )
    assert made.returncode == 0, made.stderr
    desk.goto(f"{live_server.url}/login")
    desk.get_by_label("手机号").fill("13900139000")
    desk.get_by_label("密码").fill(made.stdout.split("password: ")[1].strip())
    desk.get_by_role("button", name="登录").click()
    desk.wait_for_url("**/console/review")
    return desk


def register(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/join")
    page.get_by_label("手机号").fill("13800138000")
    page.get_by_label("怎么称呼你").fill("小李")
    page.get_by_label("密码").fill(PASSWORD)
    assert serious_faults_of_access(page) == []
    page.get_by_role("button", name="注册").click()
    page.get_by_label("手机号").fill("13800138000")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/agent/join/id")


def test_joining_from_registration_to_the_desk_and_back(
    live_server: Server, phone: Page, at_desk: Page, card: Path
) -> None:
    register(phone, live_server)
    submit = phone.locator("[data-submit]")
    assert submit.is_disabled()
    assert submit.inner_text() == "提交审核 · 还差 5 项"
    for side in ("front", "back"):
        with phone.expect_navigation():
            phone.locator(f"#f-{side}").set_input_files(card)
    assert submit.inner_text() == "提交审核 · 还差 3 项"
    phone.get_by_label("姓名").fill("李晓明")
    phone.get_by_label("身份证号").fill(NUMBER)
    assert submit.inner_text() == "提交审核 · 还差 1 项"
    phone.get_by_label("我单独同意").check()
    assert submit.inner_text() == "提交审核"
    phone.evaluate("Promise.all(document.getAnimations().map((a) => a.finished))")
    assert serious_faults_of_access(phone) == []
    submit.click()
    phone.get_by_role("heading", name="正在审核").wait_for()
    assert serious_faults_of_access(phone) == []

    at_desk.reload()
    assert serious_faults_of_access(at_desk) == []
    at_desk.get_by_role("link", name="从等得最久的开始").click()
    at_desk.get_by_text("110***********0015").wait_for()
    at_desk.wait_for_load_state("networkidle")
    assert serious_faults_of_access(at_desk) == []
    at_desk.keyboard.press("a")
    at_desk.get_by_text("都审完了").wait_for()

    phone.reload()
    phone.get_by_role("heading", name="实名通过").wait_for()
    phone.get_by_role("link", name="填收款账户").click()
    phone.get_by_label("户名").fill("李晓明")
    phone.get_by_label("卡号或支付宝账号").fill("6222021234567890128")
    phone.get_by_label("登录密码").fill(PASSWORD)
    phone.get_by_label("我单独同意").check()
    assert serious_faults_of_access(phone) == []
    phone.get_by_role("button", name="保存账户").click()
    phone.get_by_text("6222 **** 0128").wait_for()


def test_a_rejection_is_written_with_the_keyboard_and_read_on_the_phone(
    live_server: Server, phone: Page, at_desk: Page, card: Path
) -> None:
    register(phone, live_server)
    for side in ("front", "back"):
        with phone.expect_navigation():
            phone.locator(f"#f-{side}").set_input_files(card)
    phone.get_by_label("姓名").fill("李晓明")
    phone.get_by_label("身份证号").fill(NUMBER)
    phone.get_by_label("我单独同意").check()
    phone.locator("[data-submit]").click()
    phone.get_by_role("heading", name="正在审核").wait_for()

    at_desk.reload()
    at_desk.get_by_role("link", name="从等得最久的开始").click()
    at_desk.get_by_text("反光", exact=True).click()
    at_desk.get_by_role("checkbox", name="身份证国徽面").check()
    at_desk.get_by_role("heading", name="核对").click()
    at_desk.keyboard.press("r")
    at_desk.keyboard.type("右上角反光，a 面没问题。")
    at_desk.get_by_role("button", name="退回补拍").click()
    at_desk.get_by_text("都审完了").wait_for()

    phone.reload()
    phone.get_by_text("右上角反光，a 面没问题。").wait_for()
    phone.get_by_role("link", name="去修改并重新提交").click()
    phone.get_by_text("审核员请你重拍这一面").wait_for()
    assert phone.locator("[data-submit]").inner_text() == "提交审核 · 还差 2 项"
