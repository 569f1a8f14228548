"""Bank results: uploaded, looked at, posted. Here money that was sent becomes paid, or is owed again."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.db import db, is_sqlite, made, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.money import yuan
from gig.core.text import N_, Sentence
from gig.core.transitions import move
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import note
from gig.payouts.disbursement.results.models import ResultImport, ResultMapping
from gig.payouts.disbursement.results.posting import apply
from gig.payouts.disbursement.results.receiving import (
    TOLD_FAULTS,
    File,
    demand_columns,
    posted_before,
    read_file,
)
from gig.payouts.disbursement.results.staging import Judgement, judge
from gig.payouts.disbursement.states import RESULT


def import_results(
    *,
    batch_id: str,
    name: str,
    content: bytes,
    mapping: Any = None,
    skip: str = "",
    actor_id: str,
    now: dt.datetime,
) -> str:
    """What the file says is posted, all of it in one transaction; the id of the import.

    The same file again changes nothing. Refused, with every row that stands in the way, if a row does not
    match its line, unless `skip` says why such rows are left out.
    """
    with read_file(batch_id, name, content, mapping) as file:
        if file is None:
            return posted_before(db.session(), content, batch_id).id  # type: ignore[union-attr]
        demand_columns(file)
        with transaction() as session:
            batch = _locked(session, batch_id)
            if before := posted_before(session, content, batch_id):
                return before.id
            judgement = judge(session, batch, file.folder)
            row = _kept(session, batch, file, judgement, actor_id, now)
            _post(session, batch, row, judgement, skip, actor_id, now)
            made(session, result_id=row.id)
            return row.id


def upload_results(
    *, batch_id: str, name: str, content: bytes, mapping: Any = None, actor_id: str, now: dt.datetime
) -> str:
    """The file is kept and judged; nothing is posted. The id of the import, an earlier one for a posted file.

    Where its columns cannot be told yet, it waits for `map_results`.
    """
    with read_file(batch_id, name, content, mapping) as file, transaction() as session:
        batch = _locked(session, batch_id)
        if before := posted_before(session, content, batch_id):
            return before.id
        assert file is not None
        judgement = Judgement() if file.said["missing"] else judge(session, batch, file.folder)
        row = _kept(session, batch, file, judgement, actor_id, now)
        note(
            session, batch, "batch.results.upload", actor_id, now, sha256=row.sha256, counts=judgement.counts
        )
        return row.id


def map_results(*, result_id: str, mapping: Any, actor_id: str, now: dt.datetime) -> None:
    """The waiting file is read again by the mapping."""
    session = db.session()
    row = _waiting(session, result_id)
    content = blobs.content(session, row.blob_id)
    with read_file(row.batch_id, row.name, content, mapping) as file, transaction() as writing:
        batch = _locked(writing, row.batch_id)
        row = _waiting(writing, result_id)
        if file is None:
            return
        judgement = Judgement() if file.said["missing"] else judge(writing, batch, file.folder)
        _write_down(row, file, judgement)
        writing.flush()


def post_results(*, result_id: str, skip: str = "", actor_id: str, now: dt.datetime) -> None:
    """The waiting file is posted as `import_results` does; a posted one stays as it is."""
    session = db.session()
    row = session.get(ResultImport, result_id, populate_existing=True)
    if row is None:
        raise NotFound()
    if row.state == "posted":
        return
    row = _waiting(session, result_id)
    content = blobs.content(session, row.blob_id)
    with (
        read_file(row.batch_id, row.name, content, json.loads(row.mapping)) as file,
        transaction() as writing,
    ):
        batch = _locked(writing, row.batch_id)
        if file is None or posted_before(writing, content, row.batch_id):
            return
        demand_columns(file)
        row = _waiting(writing, result_id)
        judgement = judge(writing, batch, file.folder)
        _write_down(row, file, judgement)
        writing.flush()
        _post(writing, batch, row, judgement, skip, actor_id, now)


def drop_results(*, result_id: str, actor_id: str, now: dt.datetime) -> None:
    """The waiting file will not be posted; dropping it again changes nothing."""
    with transaction() as session:
        row = session.get(ResultImport, result_id, populate_existing=True)
        if row is None:
            raise NotFound()
        if row.state == "dropped":
            return
        if not move(session, RESULT, ResultImport, result_id, origin="waiting", target="dropped"):
            raise Refused("already-posted", N_("这份银行结果已经入账，不能丢弃。"))
        note(
            session,
            session.get_one(Batch, row.batch_id),
            "batch.results.drop",
            actor_id,
            now,
            sha256=row.sha256,
        )


def _locked(session: Session, batch_id: str) -> Batch:
    """The batch; whoever else posts results to it waits."""
    return session.get_one(Batch, batch_id, populate_existing=True, with_for_update=True)


def _waiting(session: Session, result_id: str) -> ResultImport:
    row = session.get(ResultImport, result_id, populate_existing=True)
    if row is None:
        raise NotFound()
    if row.state != "waiting":
        raise Refused("not-waiting", N_("这份银行结果已经处理过了，请刷新。"))
    return row


def _kept(
    session: Session, batch: Batch, file: File, judgement: Judgement, actor_id: str, now: dt.datetime
) -> ResultImport:
    """The import's row; the same file uploaded again before it is posted is the same import."""
    _demand_own(judgement)
    again = sa.select(ResultImport).where(
        ResultImport.batch_id == batch.id, ResultImport.sha256 == file.sha256, ResultImport.state == "waiting"
    )
    row = session.scalars(again.limit(1)).first()
    if row is None:
        blob = blobs.keep(session, file.content, media_type="application/octet-stream", now=now)
        row = ResultImport(
            id=new_id(),
            batch_id=batch.id,
            state="waiting",
            name=file.name,
            sha256=file.sha256,
            blob_id=blob.id,
            uploaded_by=actor_id,
            uploaded_at=now,
        )
        session.add(row)
    _write_down(row, file, judgement)
    session.flush()
    return row


def _write_down(row: ResultImport, file: File, judgement: Judgement) -> None:
    _demand_own(judgement)
    row.headers = json.dumps(file.said["headers"], ensure_ascii=False)
    row.mapping = file.said["mapping"]
    found = {"counts": judgement.counts, "sums": judgement.sums, "unpaid": judgement.unpaid}
    row.counts = json.dumps({"rows": file.said["rows"], **found})
    row.problems = json.dumps(judgement.problems, ensure_ascii=False)


def _demand_own(judgement: Judgement) -> None:
    if judgement.other_batches:
        raise Refused(
            "other-batch",
            N_("这份文件里有 %(numbers)s 的行，是另一批的银行结果。请到那一批上传。什么都没有改变。"),
            numbers="、".join(judgement.other_batches),
        )


def _post(
    session: Session,
    batch: Batch,
    row: ResultImport,
    judgement: Judgement,
    skip: str,
    actor_id: str,
    now: dt.datetime,
) -> None:
    skip = skip.strip()[:200]
    if judgement.unsound and not skip:
        raise Invalid({"file": mismatches(judgement.problems, judgement.unsound)}, MISMATCH)
    if not judgement.matched:
        raise Refused("nothing-matches", N_("没有一行对得上这一批，什么都没有改变。"))
    apply(session, batch, row.id, judgement, now=now)
    moved = move(
        session,
        RESULT,
        ResultImport,
        row.id,
        origin="waiting",
        target="posted",
        posted_by=actor_id,
        posted_at=now,
        skipped=skip if judgement.unsound else None,
    )
    if not moved:
        raise Refused("not-waiting", N_("这份银行结果已经处理过了，请刷新。"))
    _remember(session, batch.template, row.mapping, actor_id, now)
    note(session, batch, "batch.results", actor_id, now, sha256=row.sha256, result=row.id, **judgement.counts)


MISMATCH = N_("有的行和这一批对不上，什么都没有入账。核对后可以写明理由，只入账对得上的行。")

VERDICTS = {
    "unmatched": N_("这一批里没有这一笔"),
    "other_batch": N_("是另一批的行"),
    "duplicate": N_("同一笔在文件里出现了不止一次"),
    "differs": N_("金额和付款表不一样"),
    "account": N_("收款账号和付款表不一样"),
    "conflict": N_("这一笔早先已记为失败或退回，现在说成功"),
}
"""Why a row does not match, in words."""


def mismatches(problems: list[dict[str, Any]], count: int) -> list[Any]:
    """A sentence for each of the first rows that do not match."""
    told: list[Any] = [_mismatch(each) for each in problems[:TOLD_FAULTS]]
    if count > len(told):
        told.append(Sentence(N_("另有 %(n)s 行也有问题。"), {"n": count - len(told)}))
    return told


def _mismatch(each: dict[str, Any]) -> Sentence:
    said = {"row": each["row"], "number": each["number"], "why": Sentence(VERDICTS[each["verdict"]])}
    if each["verdict"] != "differs":
        return Sentence(N_("第 %(row)s 行 %(number)s：%(why)s"), said)
    amounts = {"found": yuan(each["fen"]), "expected": yuan(each["expected"])}
    return Sentence(
        N_("第 %(row)s 行 %(number)s：%(why)s，文件里是 %(found)s，付款表是 %(expected)s"), said | amounts
    )


def _remember(session: Session, template: str, mapping: str, actor_id: str, now: dt.datetime) -> None:
    """The next file of this template is read in the same way."""
    values = {"template": template, "mapping": mapping, "saved_by": actor_id, "saved_at": now}
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    saved = insert(ResultMapping).values(values)
    session.execute(saved.on_conflict_do_update(index_elements=["template"], set_=values))
