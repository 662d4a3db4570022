"""Reads of cases. A case is obtained only by `case_for`, which knows who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import current_stage, may_see
from portal.cases.references import normalise
from portal.identity.actor import Actor
from portal.publishing import queries as publishing


@dataclass(frozen=True)
class Listed:
    """A case as lists show it."""

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


def of_applicant(session: Session, actor: Actor, *, limit: int = 100) -> list[Listed]:
    """The actor's own cases, newest first; those that were opened for one of them are shown with it."""
    query = select(Case).where(Case.applicant_id == actor.account_id, Case.parent_id.is_(None))
    return listed(session, session.scalars(query.order_by(Case.id.desc()).limit(limit)).all())


def listed(session: Session, cases: Sequence[Case]) -> list[Listed]:
    """The cases with the names of their procedures and stages."""
    versions = publishing.versions(session, {case.version_id for case in cases})
    found = []
    for case in cases:
        published = versions[case.version_id]
        stage = current_stage(case, published.workflow)
        found.append(Listed(case, published.procedure.short_name, stage.label if stage else None))
    return found
