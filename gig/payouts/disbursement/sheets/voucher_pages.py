"""The vouchers of a batch, as a program of its own: lines come in, an archive of printable pages goes out.

`python -m …voucher_pages FOLDER` reads from its standard input first a JSON object about the batch, then one
JSON array a line, and writes `vouchers.zip`: a page for the whole batch, a list, and a page for each line.
"""

from __future__ import annotations

import csv
import html
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gig.core.cells import plain
from gig.core.money import yuan
from gig.payouts.disbursement.rules.capital import capital

NAME = "vouchers.zip"
_DATE = (1980, 1, 1, 0, 0, 0)
_STYLE = (
    "body{font:14px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:32px;color:#14211b}"
    "h1{font-size:20px;text-align:center}table{width:100%;border-collapse:collapse}"
    "td,th{border:1px solid #808d86;padding:6px 10px;text-align:left;font-weight:400}"
    ".r{text-align:right;font-variant-numeric:tabular-nums}footer{margin-top:16px;color:#5f6c66;font-size:12px}"
)
LIST_HEAD = (
    "行号",
    "客服编号",
    "收款人",
    "收款账户",
    "开户行",
    "金额（元）",
    "状态",
    "银行回复",
    "回复时间",
    "账本",
)


def page(title: str, rows: list[tuple[str, str]], foot: str) -> str:
    """A page that prints on one sheet."""
    cells = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows
    )
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1><table>{cells}</table>"
        f"<footer>{html.escape(foot)}</footer></html>\n"
    )


def money(fen: int) -> str:
    return f"¥{yuan(fen, grouped=True)}（{capital(fen)}）"


def write(lines: Iterator[list[Any]], folder: Path, head: dict[str, Any]) -> dict[str, int]:
    """The archive is in the folder; how many lines it holds and their sum."""
    count = total = 0
    by_state: dict[str, list[int]] = {}
    foot = head["foot"]
    with (
        zipfile.ZipFile(folder / NAME, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        (folder / "list.csv").open("w", encoding="utf-8-sig", newline="") as listed,
    ):
        table = csv.writer(listed)
        table.writerow(LIST_HEAD)
        for number, agent, holder, account, bank, fen, state, words, at, keys in lines:
            count, total = count + 1, total + fen
            figures = by_state.setdefault(state, [0, 0])
            figures[0], figures[1] = figures[0] + 1, figures[1] + fen
            table.writerow(
                (
                    number,
                    agent,
                    *map(plain, (holder, account, bank)),
                    yuan(fen),
                    state,
                    plain(words),
                    at,
                    keys,
                )
            )
            rows = [
                ("凭证号", number),
                ("结算周期", head["period"]),
                ("批次 · 付款日期", f"{head['batch']} · {head['date']}"),
                ("收款人 · 客服编号", f"{holder} · {agent}"),
                ("收款账户", f"{bank} {account}".strip()),
                ("事由", head["purpose"]),
                ("金额", money(fen)),
                ("制单 · 审批", f"{head['maker']} · {head['checker']}"),
                ("状态", " · ".join(part for part in (state, words, at) if part)),
                ("账本来源", keys),
            ]
            _add(archive, f"凭证/{number}.html", page("付款凭证", rows, foot))
        _add(archive, "批次凭证.html", _whole(head, count, total, by_state))
        listed.flush()
        entry = _entry("凭证目录.csv")
        with archive.open(entry, "w") as part, (folder / "list.csv").open("rb") as source:
            while chunk := source.read(1 << 20):
                part.write(chunk)
    return {"lines": count, "total_fen": total}


def _whole(head: dict[str, Any], count: int, total: int, by_state: dict[str, list[int]]) -> str:
    rows = [
        ("批次", head["batch"]),
        ("结算周期", head["period"]),
        ("付款日期", head["date"]),
        ("借 应付客服佣金（Liabilities:AgentPayable）", money(total)),
        ("贷 付款在途（Assets:Bank:PayoutClearing）", money(total)),
        ("笔数", str(count)),
        *((state, f"{n} 笔 · {money(fen)}") for state, (n, fen) in by_state.items()),
        ("制单", f"{head['maker']} · {head['made_at']}"),
        ("审批", f"{head['checker']} · {head['approved_at']}"),
        ("导出", f"{head['exporter']} · {head['exported_at']}"),
        *((name, f"SHA-256 {digest}") for name, digest in head["files"]),
    ]
    return page("付款批次记账凭证", rows, head["foot"])


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(_entry(name), text.encode(), compresslevel=3)


def main(folder: Path) -> None:
    given = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="\n")
    lines = iter(given)
    head = json.loads(next(lines))
    print(json.dumps(write((json.loads(line) for line in lines), folder, head)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
