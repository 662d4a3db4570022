"""Which tasks listen to which topic."""

SUBSCRIBERS: dict[str, tuple[str, ...]] = {
    "case.accepted": ("cases.route_case",),
    "case.submitted": ("cases.check_intake",),
    "case.numbered": ("issuing.make_result",),
    "paper.step": ("issuing.go_on",),
    "signing.asked": ("issuing.begin",),
    "stage.automatic": ("cases.finish_stage",),
    "child.done": ("cases.tell_parent",),
    "parent.ended": ("cases.end_children",),
    "code.asked": ("notifications.send_code",),
    "notice.created": ("notifications.deliver_notice",),
    "payment.received": ("payments.go_on", "payments.issue_receipt"),
    "receipt.issued": ("payments.make_receipt",),
    "payment.refused": ("payments.tell_refused",),
    "refund.done": ("payments.tell_refunded",),
    "payment.settled": ("payments.settle",),
    "payment.returned": ("payments.ask",),
}
