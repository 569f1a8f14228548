"""`gig import inquiries`: good lines go in once, bad ones are named with their reason."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry, InquiryAlias, Message
from gig.dispatch.operations.claims import claim
from gig.dispatch.operations.importing import receive_inquiries
from gig.dispatch.operations.inquiries import NewInquiry, Received
from gig.dispatch.operations.replies import reply
from gig.dispatch.operations.resolution import resolve
from tests import builders as a
from tests.builders import NOON, seconds
from tests.fixtures.servers import gig

GOOD = {"external_id": "a1", "queue": "refund", "issue_type": "late", "text": "到哪了？"}


def line(**changes: Any) -> str:
    return json.dumps({**GOOD, **changes}, ensure_ascii=False)


@pytest.fixture
def shop(app: Flask) -> None:
    """A channel and a queue are there."""
    with app.app_context():
        a.channel()
        a.queue()


def run(file: Path, database_url: str, *options: str) -> str:
    done = gig(
        "import",
        "inquiries",
        str(file),
        "--channel",
        "shop",
        *options,
        cwd=file.parent,
        GIG_DATABASE_URL=database_url,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("shop")
def test_bad_lines_are_named_with_their_reason_and_good_ones_go_in(
    database_url: str, tmp_path: Path, session: Session
) -> None:
    lines = [
        line(),
        "not json",
        "[1]",
        "",
        line(external_id="a5", queue="nowhere"),
        line(external_id="a6", text=""),
        line(external_id="a7", colour="red"),
        line(external_id="a8", text="x" * 2001),
        line(external_id="a9", text="响\u0007铃"),
        line(external_id="a10", text="䶮😀", arrived_at="2026-11-01T08:00:00+08:00", priority=3),
        line(external_id="a11", arrived_at="2026-11-01T08:00:00"),
        line(external_id="a12", text="x" * 300_000),
        line(external_id="a13", customer={"external_id": "c1", "name": "王女士"}),
    ]
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode() + b"\n\xff\xfe\n")
    told = run(file, database_url)
    assert "3 new, 0 known already, 10 bad lines" in told
    named = [int(row.partition(":")[0].removeprefix("line ")) for row in told.splitlines()[:-1]]
    assert named == [2, 3, 5, 6, 7, 8, 9, 11, 12, 14]
    assert "queue" in told and "colour" in told
    found = session.scalars(sa.select(Inquiry).order_by(Inquiry.external_id)).all()
    assert [each.external_id for each in found] == ["a1", "a10", "a13"]
    assert found[1].arrived_at == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert found[1].priority == 3
    assert found[2].customer_name == "王女士"


@pytest.mark.usefixtures("shop")
def test_a_second_run_and_a_repeated_line_change_nothing(
    database_url: str, tmp_path: Path, session: Session
) -> None:
    file = tmp_path / "in.jsonl.gz"
    lines = [line(external_id=f"a{number}") for number in range(450)]
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write("\n".join([*lines, lines[0], lines[449]]))
    assert "450 new, 2 known already, 0 bad" in run(file, database_url)
    assert "0 new, 452 known already, 0 bad" in run(file, database_url)
    for table in (Inquiry, Message):
        assert session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 450


@pytest.mark.usefixtures("shop")
def test_a_map_says_what_the_file_calls_otherwise(
    database_url: str, tmp_path: Path, session: Session
) -> None:
    file, names = tmp_path / "in.jsonl", tmp_path / "map.json"
    file.write_text('{"external_id": "r1", "text": "太慢了", "category": "外卖", "label": 0}\n', "utf-8")
    names.write_text(
        '{"queue": {"from": "category", "values": {"外卖": "refund"}}, "issue_type": {"default": "late"}}',
        "utf-8",
    )
    assert "1 new" in run(file, database_url, "--map", str(names))
    found = session.scalars(sa.select(Inquiry)).one()
    assert (found.queue, found.issue_type) == ("refund", "late")


def test_a_file_that_ends_in_the_middle_keeps_what_came_before(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    with app.app_context():
        a.channel()
        a.queue()
    whole = gzip.compress(
        "\n".join(line(external_id=f"a{n}", text=f"{n * 7919}") for n in range(3000)).encode()
    )
    file = tmp_path / "in.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    done = gig(
        "import", "inquiries", str(file), "--channel", "shop", cwd=tmp_path, GIG_DATABASE_URL=database_url
    )
    assert done.returncode == 1
    assert "ends in the middle" in done.stderr
    with app.app_context():
        from gig.core.db import db

        assert db.session.execute(sa.select(sa.func.count()).select_from(Inquiry)).scalar_one() > 500
        db.session.remove()


def test_an_unknown_channel_is_said_so(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(line(), "utf-8")
    done = gig(
        "import", "inquiries", str(file), "--channel", "who", cwd=tmp_path, GIG_DATABASE_URL=database_url
    )
    assert done.returncode == 1
    assert "no channel 'who'" in done.stderr


def test_the_sample_maps_can_be_read() -> None:
    from gig.dispatch.rules.import_map import ImportMap

    maps = sorted((Path(__file__).resolve().parents[3] / "docs" / "maps").glob("*.json"))
    assert maps
    for path in maps:
        ImportMap.read(json.loads(path.read_text("utf-8")))


def test_a_customer_who_comes_back_in_a_file_joins_the_old_inquiry(session: Session) -> None:
    agent = a.agent()
    inquiry = a.inquiry(at=NOON, customer="c1", order="o1")
    claim(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(20))
    reply(inquiry_id=inquiry, agent_id=agent, text="已经退回，请查收。", now=NOON + seconds(30))
    resolve(inquiry_id=inquiry, agent_id=agent, now=NOON + seconds(40))
    back = NewInquiry("again", "refund", "late", "还没到", customer_key="c1", order={"external_id": "o1"})
    other = NewInquiry("other", "refund", "late", "没送到", customer_key="c2", order={"external_id": "o2"})
    joined, created = receive_inquiries(channel_id=a.channel(), new=[back, other], now=NOON + seconds(600))
    assert joined == Received(inquiry, created=False)
    assert isinstance(created, Received) and created.created
    assert session.scalars(sa.select(InquiryAlias.external_id)).all() == ["again"]
