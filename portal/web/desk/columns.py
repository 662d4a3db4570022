"""The columns of a queue: which there are, and what each says of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.words import short_when
from portal.cases.lateness import is_late
from portal.cases.lifecycle import PAUSED, State
from portal.cases.models import Case
from portal.cases.queries import Listed
from portal.cases.words import STATE_NAMES
from portal.deadlines.calendars import calendar_of
from portal.deadlines.remaining import OfficeTime, Remaining
from portal.identity import queries as identity
from services_catalog.terms import Channel
from services_catalog.words import CHANNEL_NAMES

COLUMNS = {
    "reference": "Mã hồ sơ",
    "procedure": "Thủ tục",
    "contact": "Người nộp",
    "state": "Trạng thái",
    "due": "Hạn",
    "agency": "Cơ quan",
    "assignee": "Người thụ lý",
    "channel": "Kênh nộp",
    "commune": "Xã, phường",
    "submitted": "Nộp lúc",
    "accepted": "Tiếp nhận",
}
USUAL = ("reference", "procedure", "contact", "state", "due")


@dataclass(frozen=True)
class Row:
    """A case in a queue, with the words that need more than the case itself."""

    listed: Listed
    due_at: datetime | None
    remaining: Remaining | None
    is_late: bool
    agency: str
    assignee: str

    @property
    def case(self) -> Case:
        """The case."""
        return self.listed.case


def chosen_columns(given: Sequence[str]) -> list[str]:
    """The columns to show, in their own order; the code is always there. Nothing chosen: the usual ones."""
    chosen = [name for name in COLUMNS if name in given]
    return ["reference", *(name for name in chosen if name != "reference")] if chosen else list(USUAL)


def rows_of(session: Session, found: Sequence[Listed], now: datetime) -> list[Row]:
    """The rows of a queue in words."""
    cases = [one.case for one in found]
    keys = {case.agency_key for case in cases}
    agencies = dict(session.execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all())
    people = identity.names(session, {case.assignee_id for case in cases if case.assignee_id})
    times: dict[str, OfficeTime] = {}
    rows = []
    for one in found:
        case = one.case
        due = running_due(case)
        if case.agency_key not in times:
            times[case.agency_key] = OfficeTime(calendar_of(session, case.agency_key), now)
        remaining = times[case.agency_key].until(due) if due else None
        late = bool(due and due < now) or (case.state not in (State.SUBMITTED, *PAUSED) and is_late(case, now))
        rows.append(Row(one, due or case.due_at, remaining, late, agencies.get(case.agency_key, ""),
                        people.get(case.assignee_id or 0, "")))  # fmt: skip
    return rows


def running_due(case: Case) -> datetime | None:
    """The due time of the clock that runs now, or None while none runs."""
    if case.state == State.SUBMITTED:
        return case.acceptance_due_at
    return case.due_at if case.state in (State.ACCEPTED, State.IN_PROCESS, State.ISSUING) else None


def plain(row: Row, column: str) -> str:
    """What a column says, as text of a spreadsheet."""
    return _PLAIN[column](row)


def _when(instant: datetime | None) -> str:
    return short_when(instant) if instant else ""


_PLAIN: dict[str, Callable[[Row], str]] = {
    "reference": lambda row: row.case.reference,
    "procedure": lambda row: row.listed.procedure,
    "contact": lambda row: row.case.contact_name,
    "state": lambda row: STATE_NAMES[State(row.case.state)] + (f" – {row.listed.stage}" if row.listed.stage else ""),
    "due": lambda row: _when(row.due_at) + (" (quá hạn)" if row.is_late else ""),
    "agency": lambda row: row.agency,
    "assignee": lambda row: row.assignee,
    "channel": lambda row: CHANNEL_NAMES[Channel(row.case.channel)],
    "commune": lambda row: row.case.commune or "",
    "submitted": lambda row: _when(row.case.submitted_at),
    "accepted": lambda row: _when(row.case.accepted_at),
}
