"""The tasks. Each may run twice: `listener` sees to it that its work is done once."""

from workers.tasks import cases, documents, identity, notifications, outbox, publishing

__all__ = ["cases", "documents", "identity", "notifications", "outbox", "publishing"]
