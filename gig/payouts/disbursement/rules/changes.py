"""What a version of a payout template does differently from another, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gig.core.text import N_, Sentence
from gig.payouts.disbursement.rules.layout import Column, Layout

FIELD_WORDS = {
    "place": N_("序号"),
    "method": N_("转账方式"),
    "account": N_("收款账号"),
    "holder": N_("收款人姓名"),
    "bank": N_("开户银行"),
    "amount": N_("金额（数字）"),
    "amount_text": N_("金额（文本）"),
    "number": N_("行号"),
    "batch": N_("批次号"),
    "date": N_("付款日期 YYYYMMDD"),
    "text": N_("固定文字"),
    "blank": N_("留空"),
}
METHOD_WORDS = {"bank": N_("银行卡"), "alipay": N_("支付宝"), "wechat": N_("微信")}

PLAIN = {
    "name": N_("名称：%(before)s → %(after)s"),
    "encoding": N_("CSV 编码：%(before)s → %(after)s"),
    "start_row": N_("数据从第几行开始：%(before)s → %(after)s"),
    "decimals": N_("金额小数位：%(before)s → %(after)s"),
    "split": N_("每个文件最多几行：%(before)s → %(after)s"),
    "most_lines": N_("银行的上限（行）：%(before)s → %(after)s"),
    "sheet": N_("工作表名：%(before)s → %(after)s"),
}


def changes(before: Layout, after: Layout) -> list[Sentence]:
    """Every difference, a sentence each; none if both write the same file."""
    return [*_plain(before, after), *_columns(before.columns, after.columns)]


def _plain(before: Layout, after: Layout) -> Iterator[Sentence]:
    for name, words in PLAIN.items():
        if getattr(before, name) != getattr(after, name):
            yield Sentence(words, {"before": getattr(before, name), "after": getattr(after, name)})
    if before.kinds != after.kinds:
        kinds = [" + ".join(each.upper() for each in layout.kinds) for layout in (before, after)]
        yield Sentence(N_("文件：%(before)s → %(after)s"), {"before": kinds[0], "after": kinds[1]})
    for method, word in METHOD_WORDS.items():
        if method in after.methods and method not in before.methods:
            yield Sentence(N_("现在也付给%(what)s"), {"what": Sentence(word)})
        if method in before.methods and method not in after.methods:
            yield Sentence(N_("不再付给%(what)s"), {"what": Sentence(word)})
    if before.most_fen != after.most_fen:
        yuan = [layout.most_fen // 100 or "∞" for layout in (before, after)]
        yield Sentence(N_("单笔上限（元）：%(before)s → %(after)s"), {"before": yuan[0], "after": yuan[1]})
    if before.header != after.header:
        yield Sentence(N_("现在有表头行") if after.header else N_("不再有表头行"))
    if before.title_rows != after.title_rows:
        rows = [" / ".join("|".join(row) for row in layout.title_rows) or "—" for layout in (before, after)]
        yield Sentence(N_("标题行：%(before)s → %(after)s"), {"before": rows[0], "after": rows[1]})


def _columns(before: tuple[Column, ...], after: tuple[Column, ...]) -> Iterator[Sentence]:
    old, new = _named(before), _named(after)
    for name, column in old.items():
        if name not in new:
            yield Sentence(N_("去掉「%(title)s」列（%(what)s）"), _what(column))
    for place, (name, column) in enumerate(new.items(), start=1):
        if name not in old:
            yield Sentence(
                N_("新增第 %(place)s 列「%(title)s」（%(what)s）"), {"place": place, **_what(column)}
            )
        else:
            yield from _column(old[name], column)
    if [name for name in old if name in new] != [name for name in new if name in old]:
        order = " · ".join(each.title for each in after)
        yield Sentence(N_("列的顺序现在是：%(order)s"), {"order": order})


def _named(columns: tuple[Column, ...]) -> dict[tuple[str, int], Column]:
    """The columns by their title; of several with one title, by which of them it is."""
    seen: Counter[str] = Counter()
    found = {}
    for each in columns:
        seen[each.title] += 1
        found[each.title, seen[each.title]] = each
    return found


def _column(before: Column, after: Column) -> Iterator[Sentence]:
    title = {"title": after.title}
    if (before.field, before.text) != (after.field, after.text):
        pair = {"before": _what(before)["what"], "after": _what(after)["what"]}
        yield Sentence(N_("「%(title)s」列的内容：%(before)s → %(after)s"), {**title, **pair})
    if before.required != after.required:
        words = N_("「%(title)s」列现在必填") if after.required else N_("「%(title)s」列不再必填")
        yield Sentence(words, title)
    if before.longest != after.longest:
        pair = {"before": before.longest or "∞", "after": after.longest or "∞"}
        yield Sentence(N_("「%(title)s」列最多字数：%(before)s → %(after)s"), {**title, **pair})
    if before.width != after.width:
        yield Sentence(N_("「%(title)s」列的宽度变了"), title)


def _what(column: Column) -> dict[str, object]:
    """The column's title, and its content in words."""
    what = Sentence(FIELD_WORDS[column.field])
    if column.field == "text":
        what = Sentence(N_("固定文字“%(text)s”"), {"text": column.text})
    return {"title": column.title, "what": what}
