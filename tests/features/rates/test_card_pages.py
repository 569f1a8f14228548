"""The console's editor as a browser without JavaScript uses it."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gig.core import clock
from gig.identity.models import Person
from gig.identity.operations.sessions import open_session
from gig.payouts.rates import queries
from gig.payouts.rates.models import CardEditor, RateCardVersion
from gig.payouts.rates.operations.drafts import create_draft, discard_draft, edit_draft
from gig.payouts.rates.operations.editing import note_editing
from gig.payouts.rates.operations.publication import publish
from gig.payouts.rates.operations.review import submit
from gig.payouts.rates.rules.seed import seed_card
from gig.payouts.rates.views.form import of_card
from tests import builders
from tests.rules.cards import a_card, band, base_row, card_json


@pytest.fixture
def ops(client: FlaskClient, session: Session) -> FlaskClient:
    """A browser in which somebody of ops is logged in."""
    opened = open_session(person_id=builders.person(roles="ops"), agent="test", now=clock.now())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = opened.session_id
        cookie["_fresh"] = True
    return client


def page(ops: FlaskClient, url: str) -> str:
    answer = ops.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return html.unescape(answer.get_data(as_text=True))


def token(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found
    return found[1]


def fields(text: str) -> dict[str, list[str]]:
    """What a browser would send: every field of the editor as it stands."""
    form = text[text.index('id="editor"') :]
    form = form[: form.index("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        parts = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in parts and (parts.get("type") != "checkbox" or " checked" in tag):
            found.setdefault(parts["name"], []).append(parts["value"])
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = [chosen[1]] if chosen else ["*"]
    return found


def drafted(session: Session, **changes: Any) -> str:
    return create_draft(document=card_json(**changes), now=clock.now(), actor_id=None)


def stored(session: Session, id: str) -> RateCardVersion:
    session.expire_all()
    return queries.version(session, id)


def press(ops: FlaskClient, id: str, button: str, **changes: Any) -> tuple[int, str]:
    sent: dict[str, Any] = {**fields(page(ops, f"/console/rates/{id}")), **changes, "do": button}
    answer = ops.post(f"/console/rates/{id}", data=sent)
    return answer.status_code, html.unescape(answer.get_data(as_text=True))


def test_the_list_shows_what_each_version_is(ops: FlaskClient, session: Session) -> None:
    drafted(session, name="节日卡")
    text = page(ops, "/console/rates")
    assert "节日卡" in text
    assert "生效中" in text


def test_a_new_draft_is_one_press_away(ops: FlaskClient, session: Session) -> None:
    answer = ops.post("/console/rates", data={"csrf_token": token(page(ops, "/console/rates"))})
    assert answer.status_code == 302
    assert "草稿" in page(ops, answer.location)


def test_saving_what_the_form_shows_changes_nothing(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    before = queries.card_of(stored(session, id))
    assert press(ops, id, "save")[0] == 302
    after = stored(session, id)
    assert queries.card_of(after).to_json() == before.to_json()
    assert after.revision == 2


def test_a_changed_price_is_saved_and_compared_with_the_card_in_force(
    ops: FlaskClient, session: Session
) -> None:
    id = drafted(session)
    assert press(ops, id, "save", **{"base-1-yuan": "2.60", "base-1-tier": "*"})[0] == 302
    assert queries.card_of(stored(session, id)).base_fen("refund", "", "gold") == 260
    text = page(ops, f"/console/rates/{id}")
    assert "+0.80" in text
    assert "refund：1.80 → 2.60" in text


def test_faults_stand_at_their_fields_and_what_was_typed_is_kept(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    status, text = press(ops, id, "save", **{"base-0-yuan": "4.01", "bands-0-to": "9:99", "name": "新卡"})
    assert status == 422
    assert 'value="4.01"' in text
    assert 'value="9:99"' in text
    assert "基础佣金要在 0.50 到 4.00 元之间。" in text
    assert stored(session, id).name == "v1"


def test_the_picture_of_the_week_is_said_in_words(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    assert "每周时段：每天 10:00–12:00 ×1.5，每天 17:00–20:00 ×2.0" in page(ops, f"/console/rates/{id}")


def test_the_heading_of_the_prices_counts_prices_alone(ops: FlaskClient, session: Session) -> None:
    id = drafted(
        session,
        base=[*seed_card("Asia/Shanghai").to_json()["base"], base_row(200, queue="refund", tier="gold")],
    )

    def counted(**changes: str) -> str:
        (heading,) = re.findall(r'id="base">.*?</div>', press(ops, id, "check", **changes)[1], re.DOTALL)
        return "".join(re.findall(r"改动 \d+ 项", heading))

    assert counted(**{"bands-0-to": "13:00"}) == counted() == "改动 1 项"
    assert counted(**{"base-0-yuan": "2.20", "bands-0-to": "13:00"}) == "改动 2 项"


def test_a_row_that_was_dropped_is_a_change_of_the_prices(ops: FlaskClient, session: Session) -> None:
    seed = seed_card("Asia/Shanghai").to_json()["base"]
    id = drafted(session, base=[row for row in seed if row["queue"] not in ("refund", "delivery")])
    (table,) = re.findall(r'id="base">.*?</section>', page(ops, f"/console/rates/{id}"), re.DOTALL)
    assert "改动 1 项" in table, "delivery pays what all others pay, as before"
    (refund,) = re.findall(r"<s>refund</s>.*?</tr>", table, re.DOTALL)
    assert "1.20" in refund and "1.80" in refund and "−0.60" in refund
    assert len(re.findall(r"<s>[a-z]+</s>", table)) == 2


def test_a_row_is_added_and_removed_without_saving(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    status, text = press(ops, id, "add:bands")
    assert (status, 'name="bands-2-from"' in text) == (200, True)
    _status, text = press(ops, id, "add:dates:0")
    assert 'name="dates-0-bands-1-from"' in text
    _status, text = press(ops, id, "remove:base:1")
    assert 'name="base-1-yuan"' not in text
    assert stored(session, id).revision == 1


def test_rows_left_empty_are_dropped(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    empty = {"late-7-over_s": "", "late-7-percent": "", "base-9-yuan": "", "base-9-queue": ""}
    assert press(ops, id, "save", **empty)[0] == 302
    assert len(queries.card_of(stored(session, id)).late) == 2


def test_a_check_finds_nothing_and_saves_nothing(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    status, text = press(ops, id, "check", name="只看看")
    assert (status, "没有问题" in text, stored(session, id).name) == (200, True, "v1")


def test_an_overtaken_save_keeps_both_and_says_so(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    mine = fields(page(ops, f"/console/rates/{id}"))
    edit_draft(id=id, document=card_json(max_paid_replies=5), revision=1, now=clock.now(), actor_id=None)
    answer = ops.post(f"/console/rates/{id}", data={**mine, "name": "我的", "do": "save"})
    text = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert 'value="我的"' in text
    assert "一单最多计费回复：5 → 10" in text
    assert stored(session, id).name == "v1"
    again = {**fields(text), "do": "save"}
    assert ops.post(f"/console/rates/{id}", data=again).status_code == 302
    assert stored(session, id).name == "我的"


def test_publishing_and_taking_back(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    start = (clock.now() + dt.timedelta(days=2)).replace(tzinfo=None).isoformat(timespec="minutes")
    assert press(ops, id, "publish", valid_from=start, why="旺季加价")[0] == 302
    text = page(ops, f"/console/rates/{id}")
    assert "待生效" in text
    assert 'name="base-0-yuan"' not in text
    data = {"csrf_token": token(text), "reason": "预算没批"}
    assert ops.post(f"/console/rates/{id}/withdrawal", data=data).status_code == 302
    assert "预算没批" in page(ops, f"/console/rates/{id}")


def test_publishing_in_the_past_says_so_at_the_field(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    status, text = press(ops, id, "publish", valid_from="2020-01-01T00:00")
    assert (status, "生效时间要在现在之后" in text) == (422, True)
    assert "已排定的" not in text, "no card that holds already is one that comes"
    assert stored(session, id).state == "draft"


def test_whoever_publishes_alone_says_why_too(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    start = (clock.now() + dt.timedelta(days=2)).replace(tzinfo=None).isoformat(timespec="minutes")
    text = page(ops, f"/console/rates/{id}")
    assert "保存并发布" in text and 'name="why"' in text
    status, text = press(ops, id, "publish", valid_from=start, why=" ")
    assert (status, "写一句为什么要改" in text) == (422, True)
    assert (stored(session, id).state, stored(session, id).revision) == ("draft", 1)
    assert press(ops, id, "publish", valid_from=start, why="旺季加价")[0] == 302
    assert stored(session, id).why == "旺季加价"
    published = page(ops, f"/console/rates/{id}")
    assert "直接发布：旺季加价" in published and "复核发布" not in published, "nobody else looked at it"
    assert ["一个人发布" in each for each in (text, published)] == [True, True]
    assert "待复核" not in published, "no step that nobody took"


def test_a_start_with_seconds_is_shown_with_them(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    day = (clock.now() + dt.timedelta(days=2)).date().isoformat()
    assert press(ops, id, "publish", valid_from=f"{day}T00:00:30", why="旺季加价")[0] == 302
    assert page(ops, f"/console/rates/{id}").count(f"{day} 00:00:30") == 2
    assert f"{day} 00:00:30" in page(ops, "/console/rates")


def test_a_draft_passed_without_a_word_is_not_published_from_its_page(
    ops: FlaskClient, session: Session
) -> None:
    id = drafted(session, **at_base(300, 3))
    data = {"csrf_token": token(page(ops, "/console/rates")), "revision": "1"}
    assert ops.post(f"/console/rates/{id}/approval", data=data).status_code == 302
    assert stored(session, id).state == "draft"
    assert "写一句为什么要改" in page(ops, f"/console/rates/{id}")


@pytest.mark.parametrize("at", ["00:00:30", "00:00:30.500000", "00:00:30.000001", "09:05:00"])
def test_saving_moves_the_start_by_no_second(ops: FlaskClient, session: Session, at: str) -> None:
    id = drafted(session, valid_from=f"2030-11-01T{at}+08:00")
    before = stored(session, id).valid_from
    assert press(ops, id, "save")[0] == 302
    assert (stored(session, id).revision, stored(session, id).valid_from) == (2, before)


def test_an_import_in_which_a_field_stands_twice_is_refused(ops: FlaskClient, session: Session) -> None:
    text = json.dumps(card_json(name="两次")).replace('"fen": 120', '"fen": 50, "fen": 120')
    data = {"csrf_token": token(page(ops, "/console/rates")), "json": text}
    answer = ops.post("/console/rates/import", data=data)
    assert (answer.status_code, "字段 fen 写了两次" in answer.text) == (422, True)
    assert "两次" not in page(ops, "/console/rates")


def test_an_export_can_be_imported(ops: FlaskClient, session: Session) -> None:
    id = drafted(session, name="来回")
    exported = ops.get(f"/console/rates/{id}.json")
    assert exported.headers["Content-Disposition"].startswith("attachment")
    data = {
        "csrf_token": token(page(ops, "/console/rates")),
        "file": (io.BytesIO(exported.data), "card.json"),
    }
    answer = ops.post("/console/rates/import", data=data, content_type="multipart/form-data")
    assert answer.status_code == 302
    made = stored(session, answer.location.rsplit("/", 1)[1])
    assert json.loads(made.body) == json.loads(stored(session, id).body)


def test_a_faulty_import_lists_its_faults_and_keeps_the_text(ops: FlaskClient, session: Session) -> None:
    data = {"csrf_token": token(page(ops, "/console/rates")), "json": json.dumps(card_json(late=[]))}
    answer = ops.post("/console/rates/import", data=data)
    text = html.unescape(answer.get_data(as_text=True))
    assert (answer.status_code, "/late" in text, '"claim_expires_s"' in text) == (422, True, True)
    broken = ops.post("/console/rates/import", data={**data, "json": "{"})
    assert broken.status_code == 422


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "周五 17:00–20:00「晚高峰」 与 周五 19:00–22:00。"),
        ("en", "Bands overlap: Fri 17:00–20:00 “Dinner peak” and Fri 19:00–22:00."),
    ],
)
def test_hours_that_overlap_are_named_in_the_language_of_the_page(
    ops: FlaskClient, language: str, words: str
) -> None:
    bands = [band("fri", "17:00", "20:00", 200, "晚高峰"), band("fri", "19:00", "22:00", 150)]
    data = {
        "csrf_token": token(page(ops, f"/console/rates?lang={language}")),
        "json": json.dumps(card_json(bands=bands)),
    }
    answer = ops.post("/console/rates/import", data=data)
    assert words in html.unescape(answer.get_data(as_text=True))


def test_the_form_says_every_card_the_rules_allow() -> None:
    card = a_card(
        bands=[band("mon,wed-fri", "22:00", "24:00", 133, "夜"), band("sun", "23:30", "02:15", 275)]
    )
    form = of_card(card)
    assert form.tables["bands"][0]["days"] == ["mon", "wed", "thu", "fri"]
    assert [row["times"] for row in form.tables["bands"]] == ["1.33", "2.75"]


def test_a_card_can_be_read_in_english(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    text = page(ops, f"/console/rates/{id}?lang=en")
    assert "Deduction, percent" in text
    assert "Mon" in text
    assert "周一" not in text


def editing(ops: FlaskClient, id: str, read: int) -> str:
    url = f"/console/rates/{id}"
    sent = {"read": str(read), "csrf_token": token(page(ops, url))}
    return html.unescape(ops.post(f"{url}/editing", data=sent).get_data(as_text=True))


def test_who_else_has_the_draft_open_is_said_until_their_page_is_silent(
    ops: FlaskClient, session: Session
) -> None:
    id, now = drafted(session), clock.now()
    chen = builders.person(roles="ops", name="陈雨")
    note_editing(id=id, actor_id=chen, now=now - dt.timedelta(seconds=90))
    assert "正在编辑" not in page(ops, f"/console/rates/{id}")
    note_editing(id=id, actor_id=chen, now=now)
    assert "陈雨 正在编辑这张卡" in page(ops, f"/console/rates/{id}")
    assert "陈雨 正在编辑这张卡" in editing(ops, id, 1)
    assert [name for name, _since in queries.editors(session, id, but=None, now=now)].count("陈雨") == 1


def test_since_when_goes_on_while_the_page_stays_open(session: Session) -> None:
    id, start = drafted(session), clock.now()
    chen = builders.person(roles="ops", name="陈雨")
    for seconds in (0, 20, 40, 70):
        note_editing(id=id, actor_id=chen, now=start + dt.timedelta(seconds=seconds))
    last = start + dt.timedelta(seconds=70)
    assert queries.editors(session, id, but=None, now=last) == [("陈雨", start)]
    later = start + dt.timedelta(seconds=200)
    note_editing(id=id, actor_id=chen, now=later)
    session.rollback()
    assert queries.editors(session, id, but=None, now=later) == [("陈雨", later)]


def test_an_open_editor_hears_that_the_draft_was_saved_or_handed_on(
    ops: FlaskClient, session: Session
) -> None:
    id = drafted(session, valid_from=(clock.now() + dt.timedelta(days=30)).isoformat())
    assert press(ops, id, "save")[0] == 302
    assert "保存过这张卡" in editing(ops, id, 1)
    assert "保存过这张卡" not in editing(ops, id, 2)
    submit(id=id, why="试点", now=clock.now(), actor_id=None)
    assert "已经不是草稿了" in editing(ops, id, 2)


def test_a_discarded_draft_forgets_who_had_it_open(ops: FlaskClient, session: Session) -> None:
    id = drafted(session)
    note_editing(id=id, actor_id=builders.person(roles="ops"), now=clock.now())
    discard_draft(id=id, now=clock.now(), actor_id=None)
    session.rollback()
    assert session.scalars(sa.select(CardEditor.card_id)).all() == []


def test_where_all_wrote_on_a_card_the_page_says_the_way_out(ops: FlaskClient, session: Session) -> None:
    me = session.scalars(sa.select(Person.id).where(Person.roles == "ops")).one()
    other, now = builders.person(roles="ops"), clock.now()
    start = (now + dt.timedelta(days=1)).isoformat()
    id = create_draft(document=card_json(valid_from=start), now=now, actor_id=me)
    edit_draft(id=id, document=card_json(valid_from=start, name="mine"), revision=1, now=now, actor_id=other)
    submit(id=id, why="一起写的", now=now, actor_id=other)
    text = page(ops, f"/console/rates/{id}")
    assert "能复核的人都写过这张卡" in text and "从它新建草稿" in text
    assert "通过，到时生效" not in text
    builders.person(roles="ops")
    text = page(ops, f"/console/rates/{id}")
    assert "等另一位运营复核" in text and "从它新建草稿" not in text


def scheduled(day: int, name: str, fen: int) -> None:
    base = [{"queue": "*", "issue_type": "*", "tier": "*", "fen": fen}]
    at = (clock.now() + dt.timedelta(days=day)).isoformat()
    id = create_draft(document=card_json(name=name, valid_from=at, base=base), now=clock.now(), actor_id=None)
    publish(id=id, now=clock.now(), actor_id=builders.person(roles="ops"))


def at_base(fen: int, day: int) -> dict[str, Any]:
    base = [{"queue": "*", "issue_type": "*", "tier": "*", "fen": fen}]
    return {"base": base, "valid_from": (clock.now() + dt.timedelta(days=day)).isoformat()}


def test_the_editor_compares_with_the_card_that_is_replaced(ops: FlaskClient, session: Session) -> None:
    scheduled(2, "周五的卡", 300)
    id = drafted(session, **at_base(310, 3))
    text = page(ops, f"/console/rates/{id}")
    assert "与到时接替的 周五的卡 相比" in text and "与到时接替的 周五的卡 比较" in text
    assert "3.00 → 3.10" in text
    assert "生效中）相比" not in text


def test_the_editor_says_that_the_card_after_it_would_become_a_cut(
    ops: FlaskClient, session: Session
) -> None:
    scheduled(3, "周五的卡", 300)
    text = page(ops, f"/console/rates/{drafted(session, **at_base(310, 2))}")
    assert "会比这张卡低 1 处，客服来不及提前 7 天知道" in text and "先撤回它" in text
    far = page(ops, f"/console/rates/{drafted(session, **at_base(290, 2))}")
    assert "客服来不及" not in far


def test_a_scheduled_card_is_compared_with_the_one_before_it(ops: FlaskClient, session: Session) -> None:
    scheduled(2, "周五的卡", 300)
    scheduled(3, "周六的卡", 310)
    id = session.scalar(sa.select(RateCardVersion.id).where(RateCardVersion.name == "周六的卡"))
    assert "与到时接替的 周五的卡 相比" in page(ops, f"/console/rates/{id}")
