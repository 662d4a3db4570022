"""Reminding people of results that lie ready and that nobody has fetched."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cases.events import tell
from portal.cases.lifecycle import State
from portal.cases.models import Case, CaseEvent
from portal.identity.actor import SYSTEM
from portal.publishing import queries as publishing
from services_catalog.loader import library

EVENT = "case.reminded"
MOST = 3
_AT_ONCE = 100


def remind(session: Session, now: datetime) -> int:
    """Remind of the results that have lain for some days, again after as many, and three times at most; how many.

    A linked case has nobody to fetch its result. Two at once share the work.
    """
    since = now - timedelta(days=library().defaults.remind_days)
    times = (
        select(func.count())
        .where(CaseEvent.case_id == Case.id, CaseEvent.event == EVENT)
        .correlate(Case)
        .scalar_subquery()
    )
    forgotten = select(Case).where(
        Case.state == State.FINISHED, Case.changed_at < since, Case.parent_id.is_(None), times < MOST
    )
    cases = session.scalars(forgotten.order_by(Case.changed_at).limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
    for case in cases:
        procedure = publishing.version(session, case.version_id).procedure
        tell(session, case, EVENT, procedure, by=SYSTEM, now=now, details={}, came_from=(case.state, case.stage))
    return len(cases)
