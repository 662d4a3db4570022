"""Which tasks listen to which topic."""

SUBSCRIBERS: dict[str, tuple[str, ...]] = {
    "case.accepted": ("cases.route_case",),
    "case.numbered": ("documents.make_result",),
    "notice.created": ("notifications.deliver_notice",),
}
