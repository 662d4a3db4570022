"""Warn those who handle a case, and their superiors, before it is late and when it is: each warning once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.logs import logger
from portal.base.words import when
from portal.cases.clocks import running_clock
from portal.cases.events import tell
from portal.cases.lifecycle import DESK_ROLE, State
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
_AGAIN = timedelta(hours=1)
_log = logger(__name__)
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
    return sum(_warn_alone(session, case, now) for case in cases)


def _warn_alone(session: Session, case: Case, now: datetime) -> bool:
    """One case that fails does not keep the others from being warned of; it is tried again in an hour."""
    try:
        with session.begin_nested():
            return _warn(session, case, now)
    except Exception as error:
        _log.exception("case_not_warned", case=case.reference, error=type(error).__name__)
        session.execute(update(Case).where(Case.id == case.id).values(next_warning_at=now + _AGAIN))
        return False


def _warn(session: Session, case: Case, now: datetime) -> bool:
    clock, calendar = running_clock(case), calendar_of(session, case.agency_key)
    if clock is None:
        case.next_warning_at = None
        return False
    due_at = clock.due_at
    case.next_warning_at = next_moment(calendar, clock.started_at, due_at, now)
    level = reached(calendar, clock.started_at, due_at, now)
    if level is None or level in _given(session, case, due_at):
        return False
    procedure = publishing.version(session, case.version_id).procedure
    details = {"level": level, "due": due_at.isoformat()}
    event = tell(session, case, EVENT, procedure, by=SYSTEM, now=max(now, case.changed_at), details=details,
                 came_from=(case.state, case.stage))  # fmt: skip
    what = "tiếp nhận: " if case.state == State.SUBMITTED else ""
    text = f"Hồ sơ {case.reference} ({procedure.short_name}) {what}{WARNING_NAMES[level]}, hạn {when(due_at)}."
    people = _recipients(session, case, level, now)
    notify_staff(session, EVENT, event.id, case.id, case.reference, people, text, now)
    return True


def _given(session: Session, case: Case, due_at: datetime) -> set[str]:
    """The warnings that were given of this due time."""
    query = select(CaseEvent.details["level"].as_string()).where(
        CaseEvent.case_id == case.id,
        CaseEvent.event == EVENT,
        CaseEvent.details["due"].as_string() == due_at.isoformat(),
    )
    return set(session.scalars(query))


def _recipients(session: Session, case: Case, level: WarningLevel, now: datetime) -> set[int]:
    roles = list(_SUPERIORS[level])
    if case.state == State.SUBMITTED:
        roles.append(DESK_ROLE)
    people = {case.assignee_id} if case.assignee_id else set()
    if case.stage_role in set(Role) and (not people or case.stage_does != "propose"):
        roles.append(Role(case.stage_role))
    day = local_day(now)
    for agency_key in {case.agency_key, case.stage_agency_key or case.agency_key}:
        for role in roles:
            people |= {account.id for found in (holders, deputies) for account in found(session, agency_key, role, day)}
    return people
