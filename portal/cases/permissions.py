"""Who may see a case, and who may do what to it: the one place that decides."""

from __future__ import annotations

from datetime import datetime

from portal.cases.lifecycle import DESK_ROLE, TRANSITIONS, Action, By, State, Transition
from portal.cases.models import Case
from portal.identity.actor import Actor
from portal.identity.models import Role
from services_catalog.terms import StageAction
from services_catalog.workflow import Stage, Workflow

_STAGE_ACTIONS = {
    Action.PROPOSE: StageAction.PROPOSE,
    Action.ENDORSE: StageAction.ENDORSE,
    Action.APPROVE: StageAction.APPROVE,
    Action.ISSUE: StageAction.ISSUE,
}


def may_see(actor: Actor, case: Case) -> bool:
    """The applicant, and staff of the agency that handles the case."""
    return actor.is_system or actor.account_id == case.applicant_id or case.agency_key in actor.case_agency_keys


def may_do(actor: Actor, action: Action, case: Case, workflow: Workflow, now: datetime) -> bool:
    """True if the transition exists from here and this actor may make it."""
    transition = TRANSITIONS[action]
    if case.state not in transition.sources:
        return False
    stage = current_stage(case, workflow)
    if not _fits_stage(action, stage) or not _is_open(action, case, now):
        return False
    return any(_is(by, actor, case, stage) for by in _deciders(action, transition, case))


def actions_of(actor: Actor, case: Case, workflow: Workflow, now: datetime) -> list[Action]:
    """What this actor may do now, in the order of the table."""
    return [action for action in TRANSITIONS if may_do(actor, action, case, workflow, now)]


def current_stage(case: Case, workflow: Workflow) -> Stage | None:
    """The stage the case is in, or None outside `IN_PROCESS`."""
    return next((stage for stage in workflow.stages if stage.key == case.stage), None)


def was_asked_before(case: Case) -> bool:
    """True if the unit that has the case now has asked the applicant once: it asks once, and for everything."""
    asked = case.stage_requests if case.state == State.IN_PROCESS else case.desk_requests
    return asked > 0


def _deciders(action: Action, transition: Transition, case: Case) -> tuple[By, ...]:
    if action is not Action.REQUEST_SUPPLEMENT:
        return transition.by
    return (By.HEAD,) if was_asked_before(case) else (By.DESK, By.STAGE)


def _is_open(action: Action, case: Case, now: datetime) -> bool:
    """What else must be so, beside state, stage and person."""
    if action is Action.RESCHEDULE:
        return case.due_at is not None and case.rescheduled_at is None
    if action is Action.DECLINE and case.state == State.SUPPLEMENT:
        return case.supplement_due_at is not None and case.supplement_due_at < now
    return True


def _fits_stage(action: Action, stage: Stage | None) -> bool:
    if action in _STAGE_ACTIONS:
        return stage is not None and stage.does is _STAGE_ACTIONS[action]
    if action is Action.SEND_BACK:
        return stage is not None and stage.does is not StageAction.PROPOSE
    if action is Action.REQUEST_SUPPLEMENT and stage is not None:
        return stage.does is StageAction.PROPOSE
    if action in (Action.WITHDRAW, Action.DISCONTINUE) and stage is not None:
        # A result that is approved is about to be numbered: too late (withdrawal ends with the signature).
        return stage.does is not StageAction.ISSUE
    return True


def _is(by: By, actor: Actor, case: Case, stage: Stage | None) -> bool:
    if by is By.SYSTEM:
        return actor.is_system
    if by is By.APPLICANT:
        return actor.account_id is not None and actor.account_id == case.applicant_id
    if by is By.HEAD:
        return actor.has(Role.HEAD, case.agency_key)
    if by is By.DESK:
        return case.state != State.IN_PROCESS and actor.has(DESK_ROLE, case.agency_key)
    return _holds_stage(actor, case, stage)


def _holds_stage(actor: Actor, case: Case, stage: Stage | None) -> bool:
    if stage is None or not actor.has(Role(stage.role), case.agency_key):
        return False
    return stage.does is not StageAction.PROPOSE or case.assignee_id in (None, actor.account_id)
