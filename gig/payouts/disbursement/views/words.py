"""What was done with a batch, in the words of its log."""

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
