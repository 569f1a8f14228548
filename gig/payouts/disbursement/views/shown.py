"""From batches, results and templates to what their pages show."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.db import db
from gig.core.text import N_
from gig.payouts.disbursement import queries
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import ties
from gig.payouts.disbursement.results.models import ResultImport
from gig.payouts.disbursement.rules.changes import changes
from gig.payouts.disbursement.rules.layout import Layout
from gig.payouts.disbursement.rules.rows import FAULTS
from gig.payouts.disbursement.sheets import templates
from gig.payouts.disbursement.values import FAILURES, PAYEE_KINDS
from gig.payouts.disbursement.views.words import ACTIONS
from gig.payouts.settlement import queries as settlement
from gig.payouts.settlement.shown import BATCH_TAGS, BATCH_WORDS, LINE_TAGS, LINE_WORDS, names

LINES = 50
FAULTY = 100
STATES = ("in_transit", "settled", "failed", "returned")

VERDICT_WORDS = {
    "paid": N_("到账"),
    "failed": N_("失败，重新计为应付"),
    "returned": N_("到账后退回，重新计为应付"),
    "already": N_("早先已入账，不变"),
    "pending": N_("银行还在处理，不变"),
    "unmatched": N_("对不上"),
    "duplicate": N_("重复"),
    "differs": N_("金额不符"),
    "account": N_("账号不符"),
    "conflict": N_("与早先的结果矛盾"),
}
"""What follows from a row of a result, in the order in which a page lists them."""


def people(session: Session, batches: Iterable[Batch]) -> dict[str | None, str]:
    """The names of those who stand behind the batches."""
    ids = [id for each in batches for id in (each.maker_id, each.approved_by, each.exported_by)]
    return names(session, *ids)


def template_names(session: Session) -> dict[str, str]:
    """What each template is called: as its approved version says, if there is one."""
    approved = templates.all_newest(session, approved=True)
    return {each.slug: _(each.layout.name) for each in (*templates.all_newest(session), *approved)}


def sheet_templates() -> list[templates.Template]:
    """The templates that a batch may be made with, for the menu of a period."""
    return templates.in_use(db.session())


def pays_nobody(layout: Layout) -> bool:
    """Whether no agent can name a payee of a kind that the sheet pays."""
    return not set(layout.methods) & set(PAYEE_KINDS)


def sheet_kinds(batch: Batch) -> tuple[str, ...]:
    """The kinds of file that the batch has."""
    return templates.of_batch(db.session(), batch).kinds


def batch_page(batch: Batch, *, me: str, now: dt.datetime, link: str = "") -> str:
    """The page of one batch; `link` is shown this once."""
    session = db.session()
    used = templates.used_by(session, batch)
    layout = used.layout
    before = templates.last_use(session, batch)
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    after = request.args.get("after", "")[:40]
    rows = queries.lines(session, batch.id, state=state or None, after=after, limit=LINES + 1)
    results = queries.results_of(session, batch.id)
    links, log = queries.links_of(session, batch.id), queries.log_of(session, batch.id)
    ids = [*(each.uploaded_by for each in results), *(each.actor_id for each in log)]
    ids += [id for each in links for id in (each.made_by, each.used_by)]
    ids += [used.made_by, used.decided_by]
    found = queries.by_state(session, batch.id)
    return render_template(
        "disbursement/batch.html",
        batch=batch,
        layout=layout,
        used=used,
        before=before,
        changes=changes(templates.of_batch(session, before), layout) if before else [],
        me=me,
        now=now,
        link=link,
        files=queries.files_of(session, batch),
        faulty=queries.faulty(session, batch.id) if batch.state == "draft" else 0,
        faulty_rows=queries.faulty_rows(session, batch.id, layout, limit=FAULTY)
        if batch.state == "draft"
        else [],
        fault_words=FAULTS,
        failure_words=FAILURES,
        rows=rows[:LINES],
        more=rows[LINES - 1].number if len(rows) > LINES else None,
        state=state,
        after=after,
        by_state=found,
        states=STATES,
        results=[{"row": each, **json.loads(each.counts)} for each in results],
        verdicts=VERDICT_WORDS,
        links=links,
        log=[{"entry": each, "file": json.loads(each.detail).get("file", "")} for each in log],
        actions=ACTIONS,
        tied=batch.state not in ("draft", "approved") or ties(batch.period_id),
        waiting=settlement.held_reasons(session, batch.period_id) if batch.state == "draft" else [],
        names=names(session, batch.maker_id, batch.approved_by, batch.exported_by, *ids),
        tags=(BATCH_TAGS, BATCH_WORDS, LINE_TAGS, LINE_WORDS),
    )


def verdict_rows(result: ResultImport) -> list[dict[str, Any]]:
    """What a result came to, a row for each verdict that occurs."""
    said = json.loads(result.counts)
    return [
        {"verdict": verdict, "words": _(words), "count": count, "fen": said["sums"].get(verdict, 0)}
        for verdict, words in VERDICT_WORDS.items()
        if (count := said.get("counts", {}).get(verdict))
    ]
