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
"""What was done with a batch, in the words of its log."""
