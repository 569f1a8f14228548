"""A result file as it came in: read by a program of its own, and refused as a whole if a row is damaged."""

from __future__ import annotations

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

from gig.core.db import db
from gig.core.errors import Invalid, NotFound, Refused
from gig.core.text import N_, Sentence
from gig.payouts.disbursement.models import Batch
from gig.payouts.disbursement.results import reading
from gig.payouts.disbursement.results.models import ResultImport, ResultMapping
from gig.payouts.disbursement.rules.results import COLUMNS, EXPECTED, ColumnMap, mapping_of
from gig.payouts.disbursement.sheets import program

LARGEST = 32 * 1024 * 1024
TOLD_FAULTS = 20
NAMED_ROWS = 8
NOT_USED = N_("这份文件没有采用，什么都没有改变。")


@dataclass(frozen=True)
class File:
    """A result file as it was given, what its reading said, and the folder with its rows."""

    name: str
    content: bytes
    sha256: str
    said: dict[str, Any]
    folder: Path

    @property
    def mapping(self) -> ColumnMap:
        return ColumnMap.loads(self.said["mapping"])


@contextmanager
def read_file(batch_id: str, name: str, content: bytes, mapping: Any) -> Iterator[File | None]:
    """The file, read outside any write transaction; None if it has been posted to this batch already."""
    session = db.session()
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is None:
        raise NotFound()
    if batch.state != "exported":
        raise Refused("not-exported", N_("这一批还没有导出，不会有银行结果。"))
    if not content or len(content) > LARGEST:
        raise Invalid({"file": [N_("文件是空的，或者超过 32 MB。")]}, NOT_USED)
    if posted_before(session, content, batch_id):
        yield None
        return
    wanted = _wanted(mapping)
    remembered = session.get(ResultMapping, batch.template, populate_existing=True)
    asked = {"mapping": wanted, "remembered": remembered.mapping if remembered else None}
    session.rollback()
    with TemporaryDirectory(prefix="gig-result-") as given:
        folder = Path(given)
        (folder / reading.GIVEN).write_bytes(content)
        try:
            said = program.run(reading.__name__, folder, lambda: [json.dumps(asked)])
        except program.TooSlow as error:
            raise Invalid(
                {"file": [N_("读这个文件太久，已经停下，什么都没有改变。拆成几份再传。")]}
            ) from error
        except program.Failed as error:
            told = N_("这个文件打不开，可能已经损坏，或者不是表格。")
            raise Invalid({"file": [told]}, NOT_USED) from error
        _tell_trouble(said)
        yield File(name[:200], content, hashlib.sha256(content).hexdigest(), said, folder)


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
        raise Invalid({"file": [Sentence(*trouble)]}, NOT_USED)
    if said["faulty"]:
        told = _told(said["faults"])
        if said["faulty"] > len(said["faults"]):
            more = said["faulty"] - len(said["faults"])
            told.append(Sentence(N_("另有 %(n)s 行也有问题。"), {"n": more}))
        raise Invalid({"file": told}, N_("文件里有读不准的行，整份没有采用，什么都没有改变。"))
    if not said["missing"] and not said["rows"]:
        raise Invalid({"file": [N_("文件里没有一行结果。")]}, NOT_USED)


def _told(faults: list[dict[str, Any]]) -> list[Any]:
    """Rows, column as the file calls it, what is wrong there, and what belongs there: once for all rows that
    say the same."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for fault in faults:
        rows.setdefault(json.dumps([fault["header"], fault["why"]]), []).append(fault)
    return [
        Sentence(
            N_("第 %(rows)s 行「%(column)s」列：%(why)s%(expected)s。"),
            {
                "rows": ", ".join(str(each["row"]) for each in alike[:NAMED_ROWS])
                + ("…" if len(alike) > NAMED_ROWS else ""),
                "column": alike[0]["header"],
                "why": Sentence(*alike[0]["why"]),
                "expected": Sentence(EXPECTED[alike[0]["column"]]),
            },
        )
        for alike in list(rows.values())[:TOLD_FAULTS]
    ]


def demand_columns(file: File) -> None:
    if file.said["missing"]:
        words = [
            Sentence(N_("没有找到「%(what)s」这一列。"), {"what": Sentence(COLUMNS[each][0])})
            for each in file.said["missing"]
        ]
        raise Invalid({"mapping": [*words]})


def posted_before(session: Session, content: bytes, batch_id: str) -> ResultImport | None:
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
