"""The tasks. Each may run twice: `listener` sees to it that its work is done once."""

from workers.tasks import (
    administration,
    cases,
    documents,
    exchange,
    identity,
    issuing,
    notifications,
    outbox,
    payments,
    posting,
    publishing,
)

__all__ = [
    "administration", "cases", "documents", "exchange", "identity", "issuing", "notifications", "outbox", "payments",
    "posting", "publishing",
]  # fmt: skip
