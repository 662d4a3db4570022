"""What a person wants to see of a queue: filters, as they stand in an address or in a saved view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select

from portal.base.clock import local_day
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.deadlines.calendar import WorkCalendar
from portal.publishing.models import ProcedureRow
from services_catalog.terms import Channel, StageAction
from services_catalog.text import nfc


class Due(StrEnum):
    """Of what is under way: over, due today, due by the end of the next working day."""

    LATE = "late"
    TODAY = "today"
    SOON = "soon"


# In place of an officer: nobody has it yet.
NOBODY = "nobody"
# Where the clock runs, so that there is something to be late for.
RUNNING = (State.SUBMITTED, State.ACCEPTED, State.IN_PROCESS, State.ISSUING)


@dataclass(frozen=True)
class Wanted:
    """Filters of a queue; empty ones ask for nothing. Names of fields are the names in addresses.

    `text` says something of a person and never stands in an address.
    """

    work: str = ""
    role: str = ""
    agency: str = ""
    state: str = ""
    does: str = ""
    due: str = ""
    procedure: str = ""
    sector: str = ""
    channel: str = ""
    assignee: str = ""
    commune: str = ""
    text: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wanted:
        """The filters among what was given; what means nothing is dropped."""
        texts = {field.name: nfc(given.get(field.name, ""))[:200] for field in fields(cls)}
        for name, known in _KNOWN.items():
            texts[name] = texts[name] if texts[name] in known else ""
        if texts["assignee"] != NOBODY and not (texts["assignee"].isdecimal() and len(texts["assignee"]) < 16):
            texts["assignee"] = ""
        return cls(**texts)

    @property
    def query(self) -> dict[str, str]:
        """What of them may stand in an address."""
        return {name: text for name, text in vars(self).items() if text and name != "text"}

    @property
    def narrows(self) -> bool:
        """True if any filter is set beside the kind of work."""
        return any(vars(replace(self, work="", role="", agency="")).values())

    def conditions(self, now: datetime, calendar: WorkCalendar) -> list[ColumnElement[bool]]:
        """The filters on cases, all of which must hold; `work`, `role` and `text` are the matter of the queue."""
        found = [column == text for column, text in self._equal() if text]
        if self.sector:
            codes = select(ProcedureRow.code).where(ProcedureRow.sector == self.sector)
            found.append(Case.procedure_code.in_(codes))
        if self.assignee == NOBODY:
            found.append(and_(Case.stage_does == StageAction.PROPOSE, Case.assignee_id.is_(None)))
        if self.due:
            found.append(and_(Case.state.in_(RUNNING), until(Due(self.due), now, calendar)))
        return found

    def _equal(self) -> list[tuple[ColumnElement[object], object]]:
        assignee = int(self.assignee) if self.assignee not in ("", NOBODY) else None
        pairs = (
            (Case.agency_key, self.agency),
            (Case.state, self.state),
            (Case.stage_does, self.does),
            (Case.procedure_code, self.procedure),
            (Case.channel, self.channel),
            (Case.assignee_id, assignee),
            (Case.commune, self.commune),
        )
        return list(pairs)  # type: ignore[arg-type]


_KNOWN: dict[str, set[str]] = {
    "state": set(State),
    "does": set(StageAction),
    "due": set(Due),
    "channel": set(Channel),
}


def until(due: Due, now: datetime, calendar: WorkCalendar) -> ColumnElement[bool]:
    """Cases that are due so, by the same time by which queues are ordered."""
    if due is Due.LATE:
        return Case.queue_at < now
    today = local_day(now)
    last = today if due is Due.TODAY else calendar.next_working_day(today)
    return and_(Case.queue_at >= now, Case.queue_at < calendar.midnight(last, after=True))
