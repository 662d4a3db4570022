"""Reads of cases. A case is obtained only by `case_for`, which knows who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.cases.lifecycle import DESK_ROLE, DESK_STATES, OPINION_ROLES, State
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import may_see
from portal.cases.references import normalise
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.publishing.models import ProcedureVersionRow
from services_catalog.terms import StageAction
from services_catalog.text import short_name


@dataclass(frozen=True)
class QueueRow:
    """A case as a queue shows it."""

    case: Case
    procedure: str
    stage: str | None


def case_for(session: Session, actor: Actor, reference: str) -> Case:
    """The case with this reference, in either spelling. Absent and forbidden raise the same `NotFound`."""
    normal = normalise(reference)
    case = session.scalar(select(Case).where(Case.reference == normal)) if normal else None
    if case is None or not may_see(actor, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    return case


def case_from(session: Session, actor: Actor, external_id: str) -> Case:
    """The case that another system has sent under this number of its own."""
    query = select(Case).where(Case.origin == actor.origin, Case.external_id == external_id)
    case = session.scalar(query) if actor.origin else None
    if case is None:
        raise NotFound("Không tìm thấy hồ sơ.")
    return case


def case_by_secret(session: Session, reference: str, lookup_code: str) -> Case:
    """The case for someone who is not signed in but has the code printed on the acknowledgement."""
    normal = normalise(reference)
    case = session.scalar(select(Case).where(Case.reference == normal)) if normal else None
    if case is None or case.lookup_code != lookup_code.strip().upper():
        raise NotFound("Mã hồ sơ hoặc mã tra cứu không đúng.")
    return case


def history(session: Session, case: Case) -> Sequence[CaseEvent]:
    """Everything that happened to the case, oldest first."""
    return session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number)).all()


def of_applicant(session: Session, actor: Actor, *, limit: int = 100) -> list[QueueRow]:
    """The actor's own cases, newest first; those that were opened for one of them are shown with it."""
    own = and_(Case.applicant_id == actor.account_id, Case.parent_id.is_(None))
    return _rows(session, own, Case.id.desc(), limit=limit)


def to_do(session: Session, actor: Actor, now: datetime, *, limit: int = 200) -> list[QueueRow]:
    """What waits for this member of staff, in order of due time."""
    waiting = [_waits_for(actor, agency, role, now) for agency, role in sorted(actor.roles)]
    due = func.coalesce(Case.due_at, Case.acceptance_due_at)
    return _rows(session, or_(*waiting), due, Case.id, limit=limit) if waiting else []


def of_agencies(session: Session, actor: Actor, *, limit: int = 200) -> list[QueueRow]:
    """All cases in which the agencies take part at which the actor holds a position, newest first."""
    return _rows(session, Case.party_keys.overlap(list(actor.case_agency_keys)), Case.id.desc(), limit=limit)


def _waits_for(actor: Actor, agency_key: str, role: Role, now: datetime) -> ColumnElement[bool]:
    """What `permissions` lets this role do, as a condition; a test compares the two for every state and role."""
    here = Case.agency_key == agency_key
    conditions = []
    if role in OPINION_ROLES:
        conditions.append(and_(Case.asked_keys != [], Case.asked_keys.contains([agency_key])))
    if role is Role.ACCOUNTANT:
        asking = func.coalesce(Case.stage_agency_key, Case.agency_key)
        conditions.append(and_(Case.state == State.PAYMENT, asking == agency_key))
    if role is DESK_ROLE:
        conditions.append(and_(here, Case.state.in_(DESK_STATES)))
        # The applicant has not answered in time: the desk decides.
        conditions.append(and_(here, Case.state == State.SUPPLEMENT, Case.supplement_due_at < now))
    own = [actor.account_id, *actor.stands_for(agency_key, role)]
    mine = or_(Case.stage_does != StageAction.PROPOSE, Case.assignee_id.is_(None), Case.assignee_id.in_(own))
    # The first condition is the one of the index.
    conditions.append(and_(Case.stage.is_not(None), Case.stage_agency_key == agency_key, Case.stage_role == role, mine))
    return or_(false(), *conditions)


def _rows(session: Session, where: ColumnElement[bool], *order: object, limit: int) -> list[QueueRow]:
    query = (
        select(Case, ProcedureVersionRow.document["name"].as_string(), ProcedureVersionRow.workflow["stages"])
        .join(ProcedureVersionRow, ProcedureVersionRow.id == Case.version_id)
        .where(where)
        .order_by(*order)  # type: ignore[arg-type]
        .limit(limit)
    )
    rows = []
    for case, name, stages in session.execute(query):
        label = next((stage["label"] for stage in stages if stage["key"] == case.stage), None)
        rows.append(QueueRow(case, short_name(name), label))
    return rows
