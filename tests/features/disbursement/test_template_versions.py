"""Versions of a template: written by one person, approved by another, retired and taken up again."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
import sqlalchemy as sa
from python_calamine import load_workbook
from sqlalchemy.orm import Session

from gig.core.db import transaction
from gig.core.errors import Invalid, Refused
from gig.payouts.disbursement.models import Batch, SheetTemplate
from gig.payouts.disbursement.operations.batches import (
    approve_batch,
    cancel_batch,
)
from gig.payouts.disbursement.operations.templates import (
    retire_template,
    turn_down_template,
    write_template,
)
from gig.payouts.disbursement.rules.shipped import SHIPPED
from gig.payouts.disbursement.sheets import templates
from tests.features.disbursement.payday import NOW, approved_week
from tests.features.disbursement.test_sheets import approved, fetched, made, rewritten

pytestmark = pytest.mark.usefixtures("programs_here")


def test_a_batch_keeps_the_version_that_it_was_made_with(session: Session) -> None:
    approved_week(1200)
    batch_id = made("cmb")
    rewritten("cmb", sheet="新表")
    approved("cmb", 2)
    approve_batch(batch_id=batch_id, actor_id="checker", now=NOW)
    from gig.payouts.disbursement.operations.exporting import export_batch

    export_batch(batch_id=batch_id, actor_id="maker", now=NOW)
    assert load_workbook(io.BytesIO(fetched(batch_id))).sheet_names == ["代发表"]


def test_a_change_that_somebody_else_made_first_is_not_overwritten(session: Session) -> None:
    rewritten("cmb", sheet="一")
    with pytest.raises(Refused) as refused:
        rewritten("cmb", sheet="二")
    assert refused.value.slug == "overtaken"


def test_a_retired_template_makes_no_batch_and_the_generic_one_cannot_be_retired(session: Session) -> None:
    approved_week(1200)
    retire_template(slug="cmb", retired=True, reason="换银行", actor_id="maker", now=NOW)
    approved("cmb", 2)
    with pytest.raises(Invalid):
        made("cmb")
    with pytest.raises(Refused):
        retire_template(slug="generic", retired=True, reason="x", actor_id="maker", now=NOW)


def test_a_version_makes_no_batch_before_another_person_has_approved_it(session: Session) -> None:
    approved_week(1200)
    rewritten("cmb", sheet="新表")
    first = session.get_one(Batch, made("cmb"))
    assert (first.template, first.template_version) == ("cmb", 1)
    with pytest.raises(Refused) as refused:
        approved("cmb", 2, by="maker")
    assert refused.value.slug == "two-people"
    cancel_batch(batch_id=first.id, actor_id="maker", now=NOW)
    for _twice in range(2):
        approved("cmb", 2)
    assert session.get_one(Batch, made("cmb")).template_version == 2


@pytest.mark.parametrize("retired", [True, False])
def test_a_template_is_retired_and_taken_up_again_by_two_people(session: Session, retired: bool) -> None:
    approved_week(1200)
    version = 2
    if not retired:
        retire_template(slug="cmb", retired=True, reason="换银行", actor_id="maker", now=NOW)
        approved("cmb", 2)
        version = 3
    retire_template(slug="cmb", retired=retired, reason="改主意", actor_id="maker", now=NOW)
    used = "cmb" in {each.slug for each in templates.in_use(session)}
    assert used == retired, "until somebody else agrees it is as it was"
    with pytest.raises(Refused) as own:
        approved("cmb", version, by="maker")
    assert own.value.slug == "two-people"
    with pytest.raises(Refused) as again:
        retire_template(slug="cmb", retired=retired, reason="x", actor_id="second", now=NOW)
    assert again.value.slug == "waiting"
    approved("cmb", version)
    assert ("cmb" in {each.slug for each in templates.in_use(session)}) != retired
    in_force = templates.in_force(session, "cmb")
    assert in_force is not None and in_force.layout == SHIPPED["cmb"]


def test_a_template_that_shall_not_be_retired_stays_in_use(session: Session) -> None:
    retire_template(slug="cmb", retired=True, reason="换银行", actor_id="maker", now=NOW)
    turn_down_template(slug="cmb", version=2, reason="还要用", actor_id="checker", now=NOW)
    assert "cmb" in {each.slug for each in templates.in_use(session)}
    retire_template(slug="cmb", retired=True, reason="这次真的", actor_id="checker", now=NOW)
    approved("cmb", 3, by="maker")
    assert "cmb" not in {each.slug for each in templates.in_use(session)}


def test_nobody_who_wrote_on_a_version_approves_it(session: Session) -> None:
    rewritten("cmb", sheet="一")
    text = replace(SHIPPED["cmb"], sheet="二").dumps()
    write_template(slug="cmb", text=text, reason="补一列", based_on=2, actor_id="second", now=NOW)
    with pytest.raises(Refused) as overtaken:
        approved("cmb", 2)
    assert overtaken.value.slug == "overtaken"
    for writer in ("maker", "second"):
        with pytest.raises(Refused) as refused:
            approved("cmb", 3, by=writer)
        assert refused.value.slug == "two-people"
    approved("cmb", 3)
    found = templates.versions(session, "cmb")
    assert [(each.version, each.state) for each in found] == [
        (3, "approved"),
        (2, "replaced"),
        (1, "approved"),
    ]


def test_a_version_that_was_turned_down_is_never_used_and_binds_nobody(session: Session) -> None:
    rewritten("cmb", sheet="一")
    with pytest.raises(Invalid):
        turn_down_template(slug="cmb", version=2, reason=" ", actor_id="checker", now=NOW)
    turn_down_template(slug="cmb", version=2, reason="表名不对", actor_id="checker", now=NOW)
    with pytest.raises(Refused) as refused:
        approved("cmb", 2)
    assert refused.value.slug == "already-decided"
    text = replace(SHIPPED["cmb"], sheet="二").dumps()
    write_template(slug="cmb", text=text, reason="重写", based_on=2, actor_id="checker", now=NOW)
    approved("cmb", 3, by="maker")
    in_force = templates.in_force(session, "cmb")
    assert in_force is not None and (in_force.version, in_force.layout.sheet) == (3, "二")


def test_a_template_that_nobody_approved_yet_is_not_there_for_a_batch(session: Session) -> None:
    approved_week(1200)
    text = SHIPPED["cmb"].dumps()
    write_template(slug="abc", text=text, reason="新银行", based_on=0, actor_id="maker", now=NOW)
    with pytest.raises(Invalid):
        made("abc")
    with pytest.raises(Refused) as waiting:
        retire_template(slug="abc", retired=True, reason="x", actor_id="maker", now=NOW)
    assert waiting.value.slug == "waiting"
    assert "abc" not in {each.slug for each in templates.in_use(session)}
    approved("abc", 1)
    assert session.get_one(Batch, made("abc")).template_version == 1


def test_the_database_itself_lets_nobody_approve_what_they_wrote(session: Session) -> None:
    rewritten("cmb", sheet="一")
    with pytest.raises(sa.exc.IntegrityError), transaction() as writing:
        writing.execute(sa.update(SheetTemplate).values(state="approved", decided_by="maker", decided_at=NOW))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"columns": []}, "columns"),
        ({"split": 5000}, "split"),
        ({"start_row": 1}, "start_row"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"decimals": 3}, "decimals"),
        ({"extra": 1}, "extra"),
        (
            {"columns": [{"title": "账号", "field": "account"}, {"title": "金额", "field": "amount"}]},
            "columns",
        ),
        ({"columns": [{"title": "", "field": "nonsense"}]}, "columns[1].field"),
    ],
)
def test_a_template_with_a_column_missing_is_told_all_its_faults(
    session: Session, change: dict[str, object], place: str
) -> None:
    text = json.dumps({**json.loads(SHIPPED["cmb"].dumps()), **change})
    with pytest.raises(Invalid) as invalid:
        write_template(slug="cmb", text=text, reason="x", based_on=1, actor_id="maker", now=NOW)
    assert place in invalid.value.errors
