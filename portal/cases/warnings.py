"""WarningLevel those who handle a case, and their superiors, before it is late and when it is: each warning once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.words import when
from portal.cases.events import tell
from portal.cases.models import Case, CaseEvent
from portal.deadlines.alerts import WarningLevel, next_moment, reached
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import SYSTEM
from portal.identity.models import Role
from portal.identity.queries import deputies, holders
from portal.notifications.actions import notify_staff
from portal.publishing import queries as publishing

EVENT = "case.warned"
_AT_ONCE = 100
# Who is told, beside whoever has the case.
_SUPERIORS: dict[WarningLevel, tuple[Role, ...]] = {
    WarningLevel.HALF: (),
    WarningLevel.MOST: (Role.HEAD,),
    WarningLevel.DAY_BEFORE: (Role.HEAD,),
    WarningLevel.OVERDUE: (Role.HEAD, Role.APPROVER),
}
WARNING_NAMES = {
    WarningLevel.HALF: "đã dùng một nửa thời gian giải quyết",
    WarningLevel.MOST: "đã dùng 80% thời gian giải quyết",
    WarningLevel.DAY_BEFORE: "còn một ngày làm việc",
    WarningLevel.OVERDUE: "đã quá hạn",
}


def warn(session: Session, now: datetime) -> int:
    """Give the warnings whose time has come; returns how many. Of several missed ones only the gravest is given.

    Two at once share the work: each takes rows that the other has not locked.
    """
    due = select(Case).where(Case.next_warning_at <= now).order_by(Case.next_warning_at).limit(_AT_ONCE)
    cases = session.scalars(due.with_for_update(skip_locked=True)).all()
    return sum(_warn(session, case, now) for case in cases)


def _warn(session: Session, case: Case, now: datetime) -> bool:
    started_at, due_at, calendar = case.clock_started_at, case.due_at, calendar_of(session, case.agency_key)
    if started_at is None or due_at is None:
        case.next_warning_at = None
        return False
    case.next_warning_at = next_moment(calendar, started_at, due_at, now)
    level = reached(calendar, started_at, due_at, now)
    if level is None or level in _given(session, case, started_at):
        return False
    procedure = publishing.version(session, case.version_id).procedure
    event = tell(session, case, EVENT, procedure, by=SYSTEM, now=max(now, case.changed_at), details={"level": level},
                 came_from=(case.state, case.stage))  # fmt: skip
    text = f"Hồ sơ {case.reference} ({procedure.short_name}) {WARNING_NAMES[level]}, hạn {when(due_at)}."
    people = _recipients(session, case, level, now)
    notify_staff(session, EVENT, event.id, case.id, case.reference, people, text, now)
    return True


def _given(session: Session, case: Case, since: datetime) -> set[str]:
    """The warnings that this run of the clock has had."""
    query = select(CaseEvent.details["level"].as_string()).where(
        CaseEvent.case_id == case.id, CaseEvent.event == EVENT, CaseEvent.at >= since
    )
    return set(session.scalars(query))


def _recipients(session: Session, case: Case, level: WarningLevel, now: datetime) -> set[int]:
    roles = list(_SUPERIORS[level])
    people = {case.assignee_id} if case.assignee_id else set()
    if case.stage_role in set(Role) and (not people or case.stage_does != "propose"):
        roles.append(Role(case.stage_role))
    day = local_day(now)
    for agency_key in {case.agency_key, case.stage_agency_key or case.agency_key}:
        for role in roles:
            people |= {account.id for found in (holders, deputies) for account in found(session, agency_key, role, day)}
    return people
