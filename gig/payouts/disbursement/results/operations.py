"""Bank results: uploaded, looked at, posted. Here money that was sent becomes paid, or is owed again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import blobs
from gig.core.db import db, made, transaction
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.ids import new_id
from gig.core.text import N_, Sentence
from gig.core.transitions import move
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.operations.batches import note
from gig.payouts.disbursement.results import reading
from gig.payouts.disbursement.results.models import ResultImport, ResultMapping
from gig.payouts.disbursement.results.posting import apply
from gig.payouts.disbursement.results.staging import Judgement, judge
from gig.payouts.disbursement.rules.results import COLUMNS, ColumnMap, mapping_of
from gig.payouts.disbursement.sheets import program
from gig.payouts.disbursement.states import RESULT

LARGEST = 32 * 1024 * 1024
TOLD_FAULTS = 20


@dataclass(frozen=True)
class File:
    """A result file as it was given, and what its reading said."""

    name: str
    content: bytes
    sha256: str
    said: dict[str, Any]
    rows: Path

    @property
    def mapping(self) -> ColumnMap:
        return ColumnMap.loads(self.said["mapping"])


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
    with _read(batch_id, name, content, mapping) as file:
        if file is None:
            return _posted(db.session(), content, batch_id).id  # type: ignore[union-attr]
        _demand_columns(file)
        with transaction() as session:
            batch = _locked(session, batch_id)
            if before := _posted(session, content, batch_id):
                return before.id
            judgement = judge(session, batch, file.rows)
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
    with _read(batch_id, name, content, mapping) as file, transaction() as session:
        batch = _locked(session, batch_id)
        if before := _posted(session, content, batch_id):
            return before.id
        assert file is not None
        judgement = Judgement() if file.said["missing"] else judge(session, batch, file.rows)
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
    with _read(row.batch_id, row.name, content, mapping) as file, transaction() as writing:
        batch = _locked(writing, row.batch_id)
        row = _waiting(writing, result_id)
        if file is None:
            return
        judgement = Judgement() if file.said["missing"] else judge(writing, batch, file.rows)
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
    with _read(row.batch_id, row.name, content, json.loads(row.mapping)) as file, transaction() as writing:
        batch = _locked(writing, row.batch_id)
        if file is None or _posted(writing, content, row.batch_id):
            return
        _demand_columns(file)
        row = _waiting(writing, result_id)
        judgement = judge(writing, batch, file.rows)
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


@contextmanager
def _read(batch_id: str, name: str, content: bytes, mapping: Any) -> Iterator[File | None]:
    """The file, read outside any write transaction; None if it has been posted to this batch already."""
    session = db.session()
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    if batch.state != "exported":
        raise Refused("not-exported", N_("这一批还没有导出，不会有银行结果。"))
    if not content or len(content) > LARGEST:
        raise Invalid({"file": [N_("文件是空的，或者超过 32 MB。")]})
    if _posted(session, content, batch_id):
        yield None
        return
    wanted = _wanted(mapping)
    remembered = session.get(ResultMapping, batch.template)
    asked = {"mapping": wanted, "remembered": remembered.mapping if remembered else None}
    session.rollback()
    with TemporaryDirectory(prefix="gig-result-") as given:
        folder = Path(given)
        (folder / reading.GIVEN).write_bytes(content)
        try:
            said = program.run(reading.__name__, folder, lambda: [json.dumps(asked)])
        except program.Failed as error:
            raise Invalid({"file": [N_("这个文件打不开，可能已经损坏，或者不是表格。")]}) from error
        _tell_trouble(said)
        yield File(name[:200], content, hashlib.sha256(content).hexdigest(), said, folder / reading.ROWS)


def _wanted(mapping: Any) -> Any:
    if mapping in (None, "", {}):
        return None
    try:
        mapping_of(mapping)
    except ValueError as error:
        raise Invalid({"mapping": [str(error)]}) from error
    return mapping


def _tell_trouble(said: dict[str, Any]) -> None:
    """Refuses a file that cannot be read, or in which a row is damaged: none of it is used."""
    if trouble := said.get("trouble"):
        raise Invalid({"file": [Sentence(*trouble)]})
    if said["faulty"]:
        told: list[Any] = [
            Sentence(N_("第 %(row)s 行：%(why)s"), {"row": place, "why": Sentence(message, params)})
            for place, message, params in said["faults"][:TOLD_FAULTS]
        ]
        if said["faulty"] > len(told):
            told.append(Sentence(N_("另有 %(n)s 行也有问题。"), {"n": said["faulty"] - len(told)}))
        raise Invalid({"file": told}, N_("文件里有读不准的行，整份没有采用，什么都没有改变。"))
    if not said["missing"] and not said["rows"]:
        raise Invalid({"file": [N_("文件里没有一行结果。")]})


def _demand_columns(file: File) -> None:
    if file.said["missing"]:
        words = [
            Sentence(N_("没有找到「%(what)s」这一列。"), {"what": Sentence(COLUMNS[each][0])})
            for each in file.said["missing"]
        ]
        raise Invalid({"mapping": [*words]})


def _posted(session: Session, content: bytes, batch_id: str) -> ResultImport | None:
    """The import by which this very file was posted; refused if that was for another batch."""
    digest = hashlib.sha256(content).hexdigest()
    query = sa.select(ResultImport).where(ResultImport.sha256 == digest, ResultImport.state == "posted")
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is not None and found.batch_id != batch_id:
        number = session.get_one(Batch, found.batch_id).number
        raise Refused(
            "other-batch", N_("这份文件是 %(number)s 的银行结果，已经入过账。什么都没有改变。"), number=number
        )
    return found


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
    row.counts = json.dumps({"rows": file.said["rows"], "counts": judgement.counts, "sums": judgement.sums})
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
    told: list[Any] = [
        Sentence(
            N_("第 %(row)s 行 %(number)s：%(why)s"),
            {"row": each["row"], "number": each["number"], "why": Sentence(VERDICTS[each["verdict"]])},
        )
        for each in problems[:TOLD_FAULTS]
    ]
    if count > len(told):
        told.append(Sentence(N_("另有 %(n)s 行也有问题。"), {"n": count - len(told)}))
    return told


def _remember(session: Session, template: str, mapping: str, actor_id: str, now: dt.datetime) -> None:
    """The next file of this template is read in the same way."""
    kept = session.get(ResultMapping, template)
    if kept is None:
        session.add(ResultMapping(template=template, mapping=mapping, saved_by=actor_id, saved_at=now))
    elif kept.mapping != mapping:
        kept.mapping, kept.saved_by, kept.saved_at = mapping, actor_id, now
    session.flush()
