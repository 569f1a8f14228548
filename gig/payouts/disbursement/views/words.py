"""What the parts of a template are called on its pages."""

from __future__ import annotations

from gig.core.text import N_

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
