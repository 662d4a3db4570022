"""What heads and leaders look at: who has how much, what is at risk today, what is late and where its time went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.models import Case, CaseEvent
from portal.cases.queries import Listed
from portal.deadlines.calendars import calendar_of
from portal.desk.passages import Passage, passages
from portal.desk.queues import Queue, page
from portal.desk.wanted import Due, Wanted, until
from portal.identity.actor import Actor
from portal.identity.models import LEADING_ROLES, Account, Position, Role
from portal.publishing import queries as publishing
from services_catalog.terms import StageAction

MOST = 50


@dataclass(frozen=True)
class Load:
    """What one person has in hand at an agency: all, what is over, what is due soon."""

    account_id: int | None
    name: str
    open: int
    late: int
    soon: int


@dataclass(frozen=True)
class LateCase:
    """A late case with the passages that took longest."""

    row: Listed
    slowest: list[Passage]


def loads(session: Session, agency_keys: Collection[str], now: datetime) -> list[Load]:
    """The cases in hand of every case officer of these agencies, the fullest first, then those of nobody."""
    calendar = calendar_of(session, None)
    people = _officers(session, agency_keys, now)
    here = and_(Case.stage_does == StageAction.PROPOSE, Case.stage_agency_key.in_(agency_keys))
    figures = (
        func.count(),
        func.count().filter(until(Due.LATE, now, calendar)),
        func.count().filter(until(Due.SOON, now, calendar)),
    )
    by_person = select(Case.assignee_id, *figures).where(here, Case.assignee_id.in_(people)).group_by(Case.assignee_id)
    counted = {who: (held, late, soon) for who, held, late, soon in session.execute(by_person)}
    found = [Load(key, name, *counted.get(key, (0, 0, 0))) for key, name in people.items()]
    found.sort(key=lambda load: (-load.open, load.name))
    nobodys = session.execute(select(*figures).where(here, Case.stage.is_not(None), Case.assignee_id.is_(None))).one()
    return [*found, *([Load(None, "Chưa giao cho ai", *nobodys)] if nobodys[0] else [])]


def at_risk(session: Session, actor: Actor, now: datetime) -> list[Listed]:
    """Cases of the agencies that the person leads that are due soon and not done, `MOST` at the most."""
    return page(session, _as_leader(actor), Queue.OPEN, now, Wanted(due=Due.SOON), size=MOST).rows


def late(session: Session, actor: Actor, now: datetime) -> list[LateCase]:
    """Late cases of the agencies that the person leads, the longest due first, each with where its time went."""
    rows = page(session, _as_leader(actor), Queue.OPEN, now, Wanted(due=Due.LATE), size=MOST).rows
    histories = _histories(session, [row.case.id for row in rows])
    versions = publishing.versions(session, {row.case.version_id for row in rows})
    found = []
    for row in rows:
        case = row.case
        calendar = calendar_of(session, case.agency_key)
        went = passages(case, histories.get(case.id, []), versions[case.version_id].workflow, calendar, now)
        found.append(LateCase(row, sorted(went, key=lambda passage: -passage.minutes)[:2]))
    return found


def _as_leader(actor: Actor) -> Actor:
    """The person with those positions alone in which they lead."""
    return replace(actor, roles=frozenset(place for place in actor.roles if place[1] in LEADING_ROLES))


def _histories(session: Session, case_ids: Sequence[int]) -> dict[int, list[CaseEvent]]:
    found: dict[int, list[CaseEvent]] = {}
    query = select(CaseEvent).where(CaseEvent.case_id.in_(case_ids)).order_by(CaseEvent.case_id, CaseEvent.number)
    for event in session.scalars(query):
        found.setdefault(event.case_id, []).append(event)
    return found


def _officers(session: Session, agency_keys: Collection[str], now: datetime) -> dict[int, str]:
    day = local_day(now)
    query = select(Account.id, Account.full_name).join(Position).where(
        Account.is_active, Position.agency_key.in_(agency_keys), Position.role == Role.CASE_OFFICER,
        Position.valid_from <= day, or_(Position.valid_to.is_(None), Position.valid_to >= day),
    )  # fmt: skip
    return {row.id: row.full_name for row in session.execute(query)}
