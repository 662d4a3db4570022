"""What one transition works with, and entering stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.cases import assignment
from portal.cases.details import GRANTED, REFUSED
from portal.cases.finding import remember
from portal.cases.lifecycle import MACHINE, PAUSED, TRANSITIONS, Action, Transition
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import current_stage
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import Actor
from services_catalog.model import Procedure
from services_catalog.terms import StageAction
from services_catalog.workflow import PARENT_AGENCY, Stage, Workflow


@dataclass
class Move:
    """All that one transition needs to know. The state before it stays in `from_…`."""

    session: Session
    case: Case
    action: Action
    by: Actor
    now: datetime
    details: dict[str, str]
    procedure: Procedure
    workflow: Workflow
    from_state: str = field(init=False)
    from_stage: str | None = field(init=False)
    petitioner_id: int | None = field(init=False, default=None)  # who had asked what is refused

    def __post_init__(self) -> None:
        self.from_state, self.from_stage = self.case.state, self.case.stage

    @property
    def transition(self) -> Transition:
        """The line of the table."""
        return TRANSITIONS[self.action]

    @property
    def calendar(self) -> WorkCalendar:
        """The working calendar of the case's agency."""
        return calendar_of(self.session, self.case.agency_key)


def facts(case: Case) -> dict[str, Any]:
    """What the conditions of stages may ask for."""
    outcome = {True: GRANTED, False: REFUSED}.get(case.is_granted, "") if case.is_granted is not None else ""
    return {**case.answers, "outcome": outcome, "channel": case.channel}


def following(case: Case, workflow: Workflow) -> Stage:
    """The stage after the one the case is in, without those whose condition does not hold."""
    known = facts(case)
    rest = workflow.stages[_position(case, workflow) + 1 :]
    return next(stage for stage in rest if stage.applies(known))


def earlier(case: Case, workflow: Workflow) -> Sequence[Stage]:
    """The stages to which the case may be sent back, the nearest first."""
    known = facts(case)
    return [stage for stage in reversed(workflow.stages[1 : _position(case, workflow)]) if stage.applies(known)]


def enter(move: Move, stage: Stage) -> None:
    """Put the case into a stage; where it is proposed there, with somebody who does it."""
    case = move.case
    agency_key = _agency_of(move.session, case, stage)
    case.stage, case.stage_does, case.stage_agency_key = stage.key, stage.does, agency_key
    case.stage_role = MACHINE if stage.automatic else stage.role
    join_party(move.session, case, agency_key)
    if stage.does is StageAction.PROPOSE:
        case.assignee_id = _who_proposed(move, stage) or assignment.least_loaded(
            move.session, case, agency_key, stage, move.now
        )


def come_back(move: Move, stage: Stage) -> None:
    """Into the stage it was in before a pause, with the same person if they still may."""
    before = move.case.assignee_id
    enter(move, stage)
    agency_key = move.case.stage_agency_key or move.case.agency_key
    if stage.does is not StageAction.PROPOSE or before in assignment.candidates(
        move.session, move.case, agency_key, stage, move.now
    ):
        move.case.assignee_id = before


def leave_stages(case: Case) -> None:
    """Outside `IN_PROCESS` a case is in no stage; while it is paused its agency is still the one that asked."""
    case.stage = case.stage_role = case.stage_does = None
    if case.state not in PAUSED:
        case.stage_agency_key = None


def join_party(session: Session, case: Case, agency_key: str) -> None:
    """Let an agency see the case."""
    if agency_key not in case.party_keys:
        case.party_keys = [*case.party_keys, agency_key]
        remember(session, case)


def _position(case: Case, workflow: Workflow) -> int:
    stage = current_stage(case, workflow)
    if stage is None:
        raise LookupError(f"case {case.id} is in no stage")
    return workflow.stages.index(stage)


def _agency_of(session: Session, case: Case, stage: Stage) -> str:
    if stage.agency == PARENT_AGENCY:
        parent = session.scalar(select(Agency.parent_key).where(Agency.key == case.agency_key))
        return parent or case.agency_key
    return stage.agency or case.agency_key


def _who_proposed(move: Move, stage: Stage) -> int | None:
    """Who had the stage before, if the case comes back to it and they still may."""
    if move.action is Action.ROUTE:
        return None
    query = select(CaseEvent.actor_id).where(
        CaseEvent.case_id == move.case.id,
        CaseEvent.event == TRANSITIONS[Action.PROPOSE].event,
        CaseEvent.from_stage == stage.key,
    )
    account_id = move.session.scalar(query.order_by(CaseEvent.number.desc()).limit(1))
    agency_key = move.case.stage_agency_key or move.case.agency_key
    still = assignment.candidates(move.session, move.case, agency_key, stage, move.now)
    return account_id if account_id in still else None
