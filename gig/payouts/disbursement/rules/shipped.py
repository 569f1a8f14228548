"""The templates that come with the platform: version 1 of each, until finance writes a newer one.

Banks' files differ by contract, so these are starting points; only the house's own is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gig.core.text import N_
from gig.payouts.disbursement.rules.layout import Column, Layout

GENERIC: Final = "generic"

_WECHAT_HEAD = (
    ("微信支付批量转账到零钱模版（勿删）",),
    ("商家批次单号（必填）", "{file}"),
    ("批次名称（必填）", "{batch}"),
    ("转账appid（必填）", ""),
    ("转账总金额（必填，单位：元）", "{total}"),
    ("转账总笔数（必填）", "{count}"),
    ("批次备注（必填）", "劳务报酬"),
    (),
    ("转账明细（勿删）",),
)

SHIPPED: Final[Mapping[str, Layout]] = {
    GENERIC: Layout(
        name=N_("通用代发（XLSX + CSV）"),
        kinds=("xlsx", "csv"),
        methods=("bank", "alipay"),
        columns=(
            Column("序号", "place", width=8),
            Column("转账方式", "method", width=12),
            Column("收款账号", "account", required=True, width=24),
            Column("收款人姓名", "holder", required=True),
            Column("转账金额（元）", "amount"),
            Column("转账备注", "number", width=32),
        ),
    ),
    "cmb": Layout(
        name=N_("招商银行代发"),
        kinds=("xlsx",),
        methods=("bank",),
        columns=(
            Column("账号", "account", required=True, width=24),
            Column("户名", "holder", required=True, longest=60),
            Column("金额", "amount"),
            Column("开户行", "bank", required=True, longest=60, width=24),
            Column("开户地", "blank"),
            Column("注释", "number", width=32),
        ),
        split=1000,
        most_lines=3000,
    ),
    "icbc": Layout(
        name=N_("工商银行企业财务室"),
        kinds=("xlsx",),
        methods=("bank",),
        columns=(
            Column("付款账号开户行", "text", width=20),
            Column("付款账号", "text", width=24),
            Column("付款账号名称", "text", width=24),
            Column("收款账号开户行", "bank", required=True, longest=60, width=24),
            Column("收款账号省份", "blank"),
            Column("收款账号城市", "blank"),
            Column("收款账号", "account", required=True, width=24),
            Column("收款账号名称", "holder", required=True, longest=60),
            Column("金额", "amount"),
            Column("汇款用途", "text", "劳务报酬"),
            Column("备注", "number", width=32),
            Column("短信通知手机号码", "blank", width=20),
        ),
        split=1000,
        most_lines=3000,
    ),
    "mybank": Layout(
        name=N_("网商银行（GBK CSV）"),
        kinds=("csv",),
        methods=("bank",),
        encoding="gbk",
        columns=(
            Column("收款方名称", "holder", required=True, longest=60),
            Column("收款方账号", "account", required=True, width=24),
            Column("收款方开户行名称", "bank", required=True, longest=60),
            Column("收款行联行号", "blank"),
            Column("金额", "amount"),
            Column("附言/用途", "number", width=32),
        ),
        split=1000,
        most_lines=3000,
    ),
    "alipay": Layout(
        name=N_("支付宝批量付款"),
        kinds=("xlsx",),
        methods=("alipay",),
        title_rows=(("支付宝批量付款文件模板（前面两行请勿删除）",),),
        start_row=3,
        columns=(
            Column("序号（必填）", "place", width=14),
            Column("收款方支付宝账号（必填）", "account", required=True, width=28),
            Column("收款方姓名（必填）", "holder", required=True, width=20),
            Column("金额（必填，单位：元）", "amount", width=22),
            Column("备注（选填）", "number", width=32),
        ),
        split=1000,
        most_lines=3000,
    ),
    "wechat": Layout(
        name=N_("微信批量转账到零钱（网页上传）"),
        kinds=("csv",),
        methods=("wechat",),
        encoding="utf-8-sig",
        title_rows=_WECHAT_HEAD,
        start_row=11,
        columns=(
            Column("商家明细单号（必填）", "number", required=True, width=32),
            Column("收款用户openid（必填）", "account", required=True, width=32),
            Column("收款用户姓名（选填）", "holder"),
            Column("收款用户身份证（选填）", "blank"),
            Column("转账金额（必填，单位：元）", "amount", width=22),
            Column("转账备注（必填）", "text", "劳务报酬", required=True, longest=32),
        ),
        split=1000,
        most_lines=3000,
    ),
}
