"""The statement as a PDF with its font inside, so that it reads the same everywhere.

The date that it names as its own is that of the close, so that asking twice gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.money import MINUS, yuan
from gig.payouts.settlement import shown
from gig.payouts.settlement.models import Period, Statement
from gig.payouts.settlement.papers import content
from gig.payouts.settlement.values import zone
from gig.web.filters import day_range

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "vendor/fonts/NotoSansSC-Regular.ttf"
FAMILY = "han"
LEFT, WIDTH, AMOUNT = 14, 182, 40
GREY, LINE = (95, 108, 102), (225, 231, 228)
COLUMNS = (34, 24, 100, 24)
ROW, SMALL_ROW = 7.0, 4.6
AT_MOST = 20_000
"""Lines on one paper; beyond that the CSV has them all, and the paper says so."""


class FontMissing(RuntimeError):
    """`make setup` has not fetched the font."""


def write(session: Session, statement: Statement, period: Period, name: str) -> bytes:
    """The whole paper: whose, of when, the figures, and every line with its reason."""
    paper = _blank(statement, period)
    _head(paper, statement, period, name)
    for figure in content.figures(session, statement):
        _figure(paper, figure)
    paper.ln(4)
    _titles(paper)
    for number, line in enumerate(content.lines(session, statement)):
        if number == AT_MOST:
            _small(paper, str(_("其余明细见 CSV。")))
            break
        _line(paper, line)
    _small(paper, str(_("每一条的到手加起来等于应发合计，与平台账本一致。")))
    return bytes(paper.output())


def font_file() -> Path:
    folder = current_app.static_folder
    found = Path(folder or "") / FONT
    if not found.is_file():
        raise FontMissing(str(found))
    return found


def _blank(statement: Statement, period: Period) -> FPDF:
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(FAMILY, size=8)
            self.set_text_color(*GREY)
            page = _("第 %(n)s 页", n=self.page_no())
            self.cell(WIDTH, 5, f"{statement.id} · {page}", align="C")

    paper = Paper(format="A4")
    paper.set_creation_date(statement.cut_at)
    paper.set_producer("Yingsheng")
    paper.set_title(f"{_('结算单')} {shown.title(period)}")
    paper.set_lang("zh-CN")
    paper.set_margins(LEFT, 14, LEFT)
    paper.set_auto_page_break(auto=True, margin=18)
    paper.add_font(FAMILY, fname=font_file())
    paper.add_page()
    return paper


def _head(paper: FPDF, statement: Statement, period: Period, name: str) -> None:
    paper.set_font(FAMILY, size=18)
    paper.cell(WIDTH, 10, str(_("结算单")), new_x="LMARGIN", new_y="NEXT")
    paper.set_font(FAMILY, size=10)
    paper.set_text_color(*GREY)
    span = day_range(period.first_day, shown.last_day(period))
    cut = f"{zone().local(statement.cut_at):%Y-%m-%d %H:%M}"
    for words in (
        f"{name} · {shown.title(period)} · {period.first_day.year} · {span}",
        _("出账 %(t)s · 编号 %(id)s", t=cut, id=statement.id),
        *([_("这张结算单已作废，由重新关账后的那一张代替。")] if statement.voided_at else []),
    ):
        paper.multi_cell(WIDTH, 5.5, str(words), new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)
    paper.set_text_color(0)


def _figure(paper: FPDF, figure: content.Figure) -> None:
    paper.set_font(FAMILY, size=12 if figure.strong else 11)
    if figure.strong:
        paper.set_draw_color(*LINE)
        paper.line(LEFT, paper.get_y(), LEFT + WIDTH, paper.get_y())
    counted = f"  {figure.counted}" if figure.count else ""
    y = paper.get_y()
    paper.set_x(LEFT + WIDTH - AMOUNT)
    paper.cell(AMOUNT, ROW, yuan(figure.fen, minus=MINUS, grouped=True), align="R")
    paper.set_xy(LEFT, y)  # a tax is named in full, and takes a second line rather than the amount's place
    label = figure.label + counted
    paper.multi_cell(WIDTH - AMOUNT, ROW, label, align="L", new_x="LMARGIN", new_y="NEXT")


def _titles(paper: FPDF) -> None:
    paper.set_font(FAMILY, size=8.5)
    paper.set_text_color(*GREY)
    titles = (_("时间"), _("类型"), _("说明"), _("到手（元）"))
    for place, (words, width) in enumerate(zip(titles, COLUMNS, strict=True), start=1):
        paper.cell(width, ROW, str(words), border="B", align="R" if place == len(COLUMNS) else "L")
    paper.ln(ROW + 0.5)
    paper.set_text_color(0)


def _line(paper: FPDF, line: content.Line) -> None:
    paper.set_font(FAMILY, size=8.5)
    at, kind, why, amount = COLUMNS
    paper.cell(at, SMALL_ROW, f"{zone().local(line.at):%Y-%m-%d %H:%M:%S}")
    paper.cell(kind, SMALL_ROW, line.about or line.kind)
    y = paper.get_y()
    paper.set_x(LEFT + at + kind + why)
    paper.cell(amount, SMALL_ROW, yuan(line.fen, minus=MINUS, grouped=True), align="R")
    paper.set_xy(LEFT + at + kind, y)
    paper.multi_cell(why, SMALL_ROW, line.why or line.kind, align="L", new_x="LMARGIN", new_y="NEXT")


def _small(paper: FPDF, words: str) -> None:
    paper.ln(3)
    paper.set_font(FAMILY, size=9)
    paper.set_text_color(*GREY)
    paper.multi_cell(WIDTH, 5, words, new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(0)
