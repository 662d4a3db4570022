"""Whether a case is late. Judged when the work is finished, not when the result is handed over."""

from __future__ import annotations

from datetime import datetime

from portal.cases.models import Case


def promised(case: Case) -> datetime | None:
    """The due time by which punctuality is judged: a later one with an apology does not make it on time."""
    return case.promised_due_at or case.due_at


def is_late(case: Case, now: datetime) -> bool:
    """True if the work was not finished by the due time, or is not yet and the time is over."""
    due = promised(case)
    return due is not None and (case.finished_at or now) > due
