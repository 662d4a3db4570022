"""Choosing who handles a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.models import Case
from portal.identity.models import Role
from portal.identity.queries import absent, holders
from services_catalog.terms import StageAction
from services_catalog.workflow import Stage


def least_loaded(session: Session, case: Case, agency_key: str, stage: Stage, now: datetime) -> int | None:
    """The account with the fewest cases in hand among those who hold the stage's role; None if nobody does.

    With nobody assigned, anyone who gets the role later finds the case in the queue.
    """
    everybody = candidates(session, case, agency_key, stage, now)
    away = absent(session, agency_key, Role(stage.role), local_day(now))
    # Who has delegated the position is away: new cases go to the others, if there are any.
    people = [account_id for account_id in everybody if account_id not in away] or everybody
    if len(people) < 2:
        return people[0] if people else None
    query = (
        select(Case.assignee_id, func.count())
        .where(Case.assignee_id.in_(people), Case.stage_does == StageAction.PROPOSE)
        .group_by(Case.assignee_id)
    )
    load: dict[int | None, int] = {assignee: count for assignee, count in session.execute(query)}
    return min(people, key=lambda account_id: (load.get(account_id, 0), account_id))


def candidates(session: Session, case: Case, agency_key: str, stage: Stage, now: datetime) -> list[int]:
    """The accounts to which the case may be given in this stage: not to whoever has applied."""
    people = holders(session, agency_key, Role(stage.role), local_day(now))
    return [account.id for account in people if account.id != case.applicant_id]
