"""The record of what was changed in administration: written in the transaction of the change, never altered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.administration.models import AuditEntry
from portal.identity.actor import Actor


class Subject(StrEnum):
    """Kinds of things that are administered."""

    AGENCY = "agency"
    ACCOUNT = "account"
    CALENDAR = "calendar"
    DELEGATION = "delegation"
    REASON = "reason"
    IMPORT = "import"
    MESSAGE = "message"
    TEXT = "text"
    CERTIFICATE = "certificate"
    PAPER = "paper"
    TEMPLATE = "template"


SUBJECT_NAMES = {
    Subject.AGENCY: "Đơn vị",
    Subject.ACCOUNT: "Cán bộ",
    Subject.CALENDAR: "Lịch làm việc",
    Subject.DELEGATION: "Ủy quyền",
    Subject.REASON: "Lý do có sẵn",
    Subject.IMPORT: "Nhập từ tệp",
    Subject.MESSAGE: "Tin nhắn",
    Subject.TEXT: "Mẫu tin",
    Subject.CERTIFICATE: "Chứng thư số",
    Subject.PAPER: "Văn bản đi",
    Subject.TEMPLATE: "Mẫu giấy",
}


def record(session: Session, by: Actor, subject: Subject, key: str, what: str, now: datetime, **details: Any) -> None:
    """Note that `by` did `what` (a sentence in Vietnamese) to the thing `key`."""
    session.add(
        AuditEntry(at=now, actor_id=by.account_id, subject=subject, subject_key=key, what=what, details=details)
    )


def entries(
    session: Session, *, subject: str = "", before: int | None = None, limit: int = 100
) -> Sequence[AuditEntry]:
    """What was changed, the newest first; `before` an entry's id."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if subject in set(Subject):
        query = query.where(AuditEntry.subject == subject)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return session.scalars(query).all()
