"""The frame of every page, on an application that has nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

import gig
from gig.core import clock
from gig.core.errors import Forbidden, Invalid, Refused
from gig.web import filters
from gig.web.charts import BASE, HEAD, hour_shapes
from gig.web.kit import init_web
from gig.web.shell import provide

PAGE = "{% extends 'web/phone.html' %}{% set tab = 'feed' %}{% block main %}{{ (-30)|yuan }}{% endblock %}"
DESK = "{% extends 'web/console.html' %}{% block heading %}<h1>x</h1>{% endblock %}"
NOON = dt.datetime(2025, 11, 20, 9, 42, 35, tzinfo=dt.UTC)


@pytest.fixture
def kit() -> Flask:
    app = Flask("gig", root_path=str(Path(gig.__file__).parent), static_folder="static")
    app.config.update(SECRET_KEY="k" * 32, GIG_TIMEZONE="Asia/Shanghai")
    app.before_request(clock.stamp_request)
    init_web(app)
    app.add_url_rule("/page", view_func=lambda: render_template_string(PAGE), endpoint="page")
    app.add_url_rule("/desk", view_func=lambda: render_template_string(DESK), endpoint="desk")
    app.add_url_rule("/post", view_func=lambda: "done", endpoint="post", methods=["POST"])

    @app.get("/refused")
    def refused() -> str:
        raise Refused("already-claimed", "已满 %(n)s 个。", n=3)

    @app.get("/forbidden")
    def forbidden() -> str:
        raise Forbidden()

    @app.get("/invalid")
    def invalid() -> str:
        raise Invalid({"name": ["姓名要和证件一致。"]})

    return app


@pytest.fixture
def browser(kit: Flask) -> FlaskClient:
    return kit.test_client()


def test_a_page_allows_no_script_and_no_style_but_its_own_files(browser: FlaskClient) -> None:
    answer = browser.get("/page")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_a_page_carries_the_servers_time_and_the_minus_sign(browser: FlaskClient) -> None:
    text = browser.get("/page").text
    assert 'name="server-now"' in text
    assert "−¥0.30" in text


def test_a_form_without_its_token_is_refused_and_says_why(browser: FlaskClient) -> None:
    answer = browser.post("/post")
    assert answer.status_code == 400
    assert "页面放久了" in answer.text


def test_an_unknown_page_answers_with_one_thing_to_do(browser: FlaskClient) -> None:
    answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert answer.text.count('class="btn p') == 1


def test_an_unknown_address_of_the_api_is_not_answered_with_a_page(browser: FlaskClient) -> None:
    answer = browser.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert "data-surface" not in answer.text


def test_a_refusal_fills_its_sentence_and_names_its_rule(browser: FlaskClient) -> None:
    answer = browser.get("/refused")
    assert (answer.status_code, answer.headers["X-Refused"]) == (409, "already-claimed")
    assert "已满 3 个。" in answer.text


def test_a_refusal_that_htmx_hears_is_one_toast(browser: FlaskClient) -> None:
    answer = browser.get("/refused", headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert "<html" not in answer.text


def test_what_is_forbidden_says_so_instead_of_a_blank_page(browser: FlaskClient) -> None:
    answer = browser.get("/forbidden")
    assert answer.status_code == 403
    assert "没有权限" in answer.text


def test_invalid_input_names_each_fault(browser: FlaskClient) -> None:
    answer = browser.get("/invalid")
    assert answer.status_code == 422
    assert "姓名要和证件一致。" in answer.text


def test_a_language_in_the_address_is_remembered(browser: FlaskClient) -> None:
    assert 'lang="zh-CN"' in browser.get("/page").text
    assert '<html lang="en"' in browser.get("/page?lang=en").text
    assert '<html lang="en"' in browser.get("/page").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil"])
def test_choosing_a_language_never_leads_off_our_pages(kit: Flask, target: str) -> None:
    kit.config["WTF_CSRF_ENABLED"] = False
    answer = kit.test_client().post("/language", data={"lang": "en", "next": target})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_a_chosen_theme_and_text_size_stay_on_the_device(kit: Flask) -> None:
    kit.config["WTF_CSRF_ENABLED"] = False
    browser = kit.test_client()
    browser.post("/appearance", data={"theme": "dark", "text": "larger", "next": "/page"})
    text = browser.get("/page").text
    assert 'data-theme="dark"' in text
    assert 'data-text="larger"' in text


def test_a_static_address_changes_only_with_the_file(kit: Flask) -> None:
    url = kit.jinja_env.globals["asset"]
    first = url("css/phone.css")  # type: ignore[operator]
    assert "?h=" in first
    assert url("css/phone.css") == first  # type: ignore[operator]
    with kit.test_client().get(first) as kept:
        assert "immutable" in kept.headers["Cache-Control"]


def test_the_console_shows_only_the_rooms_it_is_given(kit: Flask) -> None:
    item = {"label": "结算周期", "url": "/console/periods", "icon": "building-bank", "active": True}
    provide(kit, "nav", lambda: [{"title": "财务", "items": [item]}])
    text = kit.test_client().get("/desk").text
    assert "结算周期" in text
    assert "实名审核" not in text


def test_a_part_the_frame_does_not_have_cannot_be_provided(kit: Flask) -> None:
    with pytest.raises(ValueError, match="no part named"):
        provide(kit, "banner", lambda: None)


@pytest.mark.parametrize(
    ("fen", "plain", "signed", "with_yuan"),
    [(1250, "12.50", "+12.50", "+¥12.50"), (-30, "−0.30", "−0.30", "−¥0.30"), (0, "0.00", "0.00", "¥0.00")],
)
def test_money_reads_with_a_true_minus_sign(fen: int, plain: str, signed: str, with_yuan: str) -> None:
    assert (filters.money(fen), filters.signed(fen), filters.signed_yuan(fen)) == (plain, signed, with_yuan)


@pytest.mark.parametrize(
    ("percent", "words", "tone"), [(100, "×1.0", ""), (150, "×1.5", "p15"), (200, "×2.0", "p20")]
)
def test_a_multiplier_has_its_colour(percent: int, words: str, tone: str) -> None:
    assert (filters.times(percent), filters.peak_class(percent)) == (words, tone)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(38, "38 秒"), (400, "6 分 40 秒"), (2520, "42 分钟"), (7200, "2 小时"), (255600, "2 天 23 小时")],
)
def test_a_length_of_time_reads_in_its_two_largest_units(kit: Flask, seconds: int, words: str) -> None:
    with kit.test_request_context():
        assert filters.duration(seconds) == words


def test_an_instant_reads_in_the_business_zone(kit: Flask) -> None:
    with kit.test_request_context():
        assert filters.day_time(NOON) == "11月20日 17:42"
        assert filters.clock_seconds(filters.iso(NOON)) == "17:42:35"


def test_the_bars_of_a_day_stay_inside_their_frame() -> None:
    hours = [
        {"hour": 16, "base_fen": 500, "peak_fen": 0, "percent": 100},
        {"hour": 17, "base_fen": 1800, "peak_fen": 1800, "percent": 200, "state": "now"},
        {"hour": 18, "base_fen": 0, "peak_fen": 0, "percent": 200, "state": "future"},
    ]
    drawn = hour_shapes(hours)
    assert [(band["label"], band["cls"]) for band in drawn["bands"]] == [("×2.0", "p20")]
    highest = drawn["hours"][1]
    assert highest["value"] == 36
    assert BASE - HEAD <= highest["base_h"] + highest["peak_h"] + 2 <= BASE
    assert [hour["label"] for hour in drawn["hours"]] == ["", "17", ""]
