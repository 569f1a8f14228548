"""The scripts of the demo world, over its queues and stages. No word of them was said by a real agent."""

from __future__ import annotations

from gig.dispatch.scripts.operations.library import Wording


def _any(stage: str, title: str, text: str) -> Wording:
    return Wording(title, text, stage)


def _of(queue: str, stage: str, issue_type: str, title: str, text: str) -> Wording:
    return Wording(title, text, stage, queue, issue_type)


LIBRARY: tuple[Wording, ...] = (
    _any(
        "opening",
        "问候并接手",
        "{customer}您好，我是客服{agent}，您说的情况我看到了，马上为您核实。",
    ),
    _any("opening", "安抚致歉", "实在抱歉给您添麻烦了，这件事我来跟到底，您先别着急。"),
    _any("opening", "请客户补充信息", "为了尽快查清楚，请您补充一下发生的时间和大概经过，有照片更好。"),
    _any("answer", "核实订单", "订单 {order} 的付款、出餐和配送记录我都核对过了，接下来这样为您处理："),
    _any("answer", "处理时限说明", "这件事最晚今天 20 点前有结果，有进展会第一时间发消息给您。"),
    _any("transfer", "转给专人", "这一类由专门的同事处理，我把前面的情况都写清楚了转过去，您不用再说一遍。"),
    _any("transfer", "转给主管复核", "您的意见我理解，这个结果要主管复核，我现在就提交，今天内答复您。"),
    _any("closing", "温馨结束", "问题已经为您处理好了，还有其他可以帮您的吗？祝您生活愉快！"),
    _any("closing", "确认是否解决", "您看这样处理可以吗？还有问题随时找我，我一直在。"),
    _any("closing", "感谢反馈", "谢谢您告诉我们，已经记录并反馈给相关部门，给您带来不便请多包涵。"),
    # 退款
    _of(
        "refund", "answer", "refund_status", "退款到账时效",
        "您的退款已原路退回，一般 1 到 3 个工作日到账；银行卡以发卡行为准，请您留意短信。",
    ),
    _of(
        "refund", "answer", "refund_status", "原路退回说明",
        "退款会退到您付款时用的账户：零钱付的回零钱，通常当天到；银行卡付的回银行卡。",
    ),
    _of(
        "refund", "answer", "refund_status", "到账查询指引",
        "在「我的－订单－退款详情」可以看到实时进度，超过 3 个工作日没到请再来找我们。",
    ),
    _of(
        "refund", "answer", "refund_amount", "优惠按比例收回",
        "退掉其中一样以后，总额低于满减门槛，优惠会按比例收回，所以到账比标价少一些。",
    ),
    _of(
        "refund", "answer", "refund_amount", "漏退补提交",
        "核对过了，订单 {order} 确实漏退了一样，已经补提交，预计今天到账。",
    ),
    _of(
        "refund", "answer", "refund_refused", "被拒后平台介入",
        "商家的拒绝理由我看过了，和订单记录对不上，已转为平台处理，今天内给您结果。",
    ),
    _of(
        "refund", "transfer", "refund_refused", "转退款专席",
        "这笔涉及商家出餐记录，我转给退款专席核对，订单 {order} 的情况都已写明。",
    ),
    # 配送
    _of(
        "delivery", "opening", "late", "超时先致歉",
        "让您久等了，非常抱歉。我现在联系骑手确认位置，马上告诉您还要多久。",
    ),
    _of(
        "delivery", "answer", "late", "超时赔付说明",
        "这一单超过预计时间送达，符合准时保的条件，赔付券会在 10 分钟内发到您的账户。",
    ),
    _of(
        "delivery", "answer", "not_received", "显示送达未收到",
        "骑手的送达位置我核对了，和您的地址有偏差，已请骑手 10 分钟内重新送到您手上。",
    ),
    _of(
        "delivery", "answer", "wrong_address", "改派新地址",
        "新地址还在 {shop} 的配送范围内，已通知骑手改送，请保持电话畅通。",
    ),
    _of(
        "delivery", "answer", "rider", "骑手服务登记",
        "您反映的情况已登记到骑手的服务记录，站点会在 24 小时内核实并处理。",
    ),
    _of(
        "delivery", "transfer", "", "转配送站点",
        "骑手目前联系不上，我转给配送站点处理，站长会在 10 分钟内跟进这一单。",
    ),
    # 餐品
    _of(
        "quality", "opening", "spoiled", "食品问题先关心",
        "您先别再吃了，身体有没有不舒服？我先为您处理，照片和包装请留好。",
    ),
    _of(
        "quality", "answer", "missing_item", "少送先退后核",
        "少的那份先按实付金额退给您，{amount} 里的对应部分今天到账，商家那边我们再核对。",
    ),
    _of(
        "quality", "answer", "wrong_item", "送错餐重做",
        "送错的那份不用退回，{shop} 正在重做，预计 25 分钟内送到，不另收费。",
    ),
    _of(
        "quality", "answer", "spoiled", "变质全额退款",
        "这一单已为您全额退款，我们会请 {shop} 说明原因，并抽查同批次的餐品。",
    ),
    _of(
        "quality", "transfer", "foreign_body", "转食品安全专席",
        "异物问题由食品安全专席处理，我已标记加急并附上您的照片，半小时内有专人联系您。",
    ),
    # 账号
    _of(
        "account", "answer", "login", "收不到验证码",
        "请先确认短信没有被手机拦截，再等 60 秒重新获取；还收不到就换一种方式验证。",
    ),
    _of(
        "account", "answer", "phone_change", "换绑手机号步骤",
        "在「我的－设置－账号安全」里选更换手机号，按提示验证旧号；旧号不用了可以走人脸验证。",
    ),
    _of(
        "account", "answer", "coupon", "优惠券不能用",
        "这张券有使用门槛和适用门店，在券的详情里能看到；没到门槛时付款页不会出现。",
    ),
    _of(
        "account", "answer", "membership", "会员自动续费关闭",
        "在「我的－会员－续费管理」里可以关闭自动续费，关闭后本期权益用到到期那天。",
    ),
    # 商家
    _of(
        "merchant", "opening", "", "商家问候",
        "老板您好，我是商家服务的{agent}，您说的我看到了，正在为您查后台记录。",
    ),
    _of(
        "merchant", "answer", "settlement", "结算周期说明",
        "结算按周出账，周一出上一周的账单，核对无误后三个工作日内到您绑定的账户。",
    ),
    _of(
        "merchant", "answer", "menu", "菜单审核时间",
        "新上的菜品一般两小时内审完，图片清楚、名称和描述一致会更快通过。",
    ),
    _of(
        "merchant", "answer", "appeal", "评价申诉材料",
        "申诉请附上出餐照片或聊天记录，提交后两个工作日内出结果，期间评价会先折叠。",
    ),
    # 综合
    _of(
        "general", "answer", "invoice", "电子发票开具",
        "在订单 {order} 的详情页点「申请发票」，填好抬头提交，电子发票会发到您填写的地方。",
    ),
    _of(
        "general", "answer", "app", "闪退重装指引",
        "请先更新到最新版本，再清一次缓存；还会闪退的话，告诉我手机型号和系统版本。",
    ),
    _of(
        "general", "answer", "privacy", "隐私号说明",
        "配送用的是虚拟号码，送达 3 小时后失效，骑手看不到您的真实手机号。",
    ),
    _of(
        "general", "closing", "", "综合结束语",
        "都为您记下了，后面有任何问题随时联系我们，祝您一切顺利！",
    ),
)  # fmt: skip
