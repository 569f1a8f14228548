"""What was done with a batch, in the words of its log, and where in a template something is wrong."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from gig.core.text import N_

ACTIONS = {
    "batch.create": N_("制单"),
    "batch.approve": N_("审批"),
    "batch.cancel": N_("取消"),
    "batch.remove_unwritable": N_("移出写不进的行"),
    "batch.export": N_("导出并冻结"),
    "batch.link": N_("取下载链接"),
    "batch.download": N_("下载"),
    "batch.results.upload": N_("上传银行结果"),
    "batch.results": N_("银行结果入账"),
    "batch.results.drop": N_("丢弃银行结果"),
}

PLACES = {
    "slug": N_("代号"),
    "name": N_("名称"),
    "kinds": N_("文件种类"),
    "methods": N_("付给"),
    "encoding": N_("CSV 编码"),
    "title_rows": N_("标题行"),
    "header": N_("有表头行"),
    "start_row": N_("数据从第几行开始"),
    "decimals": N_("金额小数位"),
    "split": N_("每个文件最多几行"),
    "most_lines": N_("银行的上限"),
    "most_fen": N_("单笔上限（元）"),
    "sheet": N_("工作表名"),
    "reason": N_("为什么改"),
    "columns": N_("列"),
    "title": N_("列名"),
    "field": N_("内容"),
    "text": N_("固定文字"),
    "required": N_("必填"),
    "longest": N_("最多字数"),
}
"""What the form calls the parts of a template."""
_NUMBERED = re.compile(r"(columns|title_rows)\[(\d+)\](?:\.([a-z]+))?")


def place_words(place: str) -> str:
    """A place in a template's document by the name that its form has for it: `第 3 列 · 列名`."""
    if (found := _NUMBERED.fullmatch(place)) is None:
        return str(_(PLACES[place])) if place in PLACES else place
    where, number, part = found.groups()
    row = _("第 %(n)s 列", n=number) if where == "columns" else f"{_(PLACES[where])} {number}"
    return f"{row} · {place_words(part)}" if part else str(row)
