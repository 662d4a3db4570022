"""The tasks. Each may run twice: `listener` sees to it that its work is done once."""

from workers.tasks import (
    administration,
    cases,
    documents,
    identity,
    issuing,
    notifications,
    outbox,
    payments,
    publishing,
)

__all__ = [
    "administration",
    "cases",
    "documents",
    "identity",
    "issuing",
    "notifications",
    "outbox",
    "payments",
    "publishing",
]
