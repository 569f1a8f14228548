"""The editor of a template: between the fields of its form and a layout's document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from werkzeug.datastructures import MultiDict

from gig.payouts.disbursement.rules.layout import MOST_COLUMNS, Layout

NUMBERS = ("start_row", "decimals", "split", "most_lines")
CELLS_PART = "|"


def of_layout(layout: Layout) -> dict[str, Any]:
    """The layout as its document."""
    return asdict(layout)


def document_of(form: MultiDict[str, str]) -> dict[str, Any]:
    """The document that the form says, sound or not; a column without a title is left out."""
    columns = [
        {
            "title": title,
            "field": form.get(f"field-{place}", ""),
            "text": form.get(f"text-{place}", "").strip(),
            "required": form.get(f"required-{place}") == "1",
            "longest": _number(form.get(f"longest-{place}", "") or "0"),
            "width": _number(form.get(f"width-{place}", "") or "16"),
        }
        for place in range(MOST_COLUMNS)
        if (title := form.get(f"title-{place}", "").strip())
    ]
    titles = form.get("title_rows", "").replace("\r", "").rstrip("\n")
    rows = titles.split("\n") if titles else []
    return {
        "name": form.get("name", "").strip(),
        "kinds": form.getlist("kinds"),
        "methods": form.getlist("methods"),
        "columns": columns,
        "encoding": form.get("encoding", ""),
        "title_rows": [[cell.strip() for cell in row.split(CELLS_PART)] for row in rows],
        "header": form.get("header") == "1",
        "most_fen": _number(form.get("most_yuan", "") or "0", 100),
        "sheet": form.get("sheet", "").strip(),
        **{name: _number(form.get(name, "")) for name in NUMBERS},
    }


def _number(text: str, times: int = 1) -> int | str:
    text = text.strip()
    return int(text) * times if text.isascii() and text.isdigit() and len(text) < 13 else text
