"""Who may see a case, and who may do what to it: the one place that decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portal.cases.lifecycle import DESK_ROLE, OPINION_ROLES, TRANSITIONS, Action, By, State, Transition
from portal.cases.models import Case
from portal.identity.actor import Actor
from portal.identity.models import Role
from services_catalog.terms import StageAction, StageOption
from services_catalog.workflow import Stage, Workflow

DESK = "desk"
# What finishes a stage.
FINISHING = {
    Action.PROPOSE: StageAction.PROPOSE,
    Action.ENDORSE: StageAction.ENDORSE,
    Action.APPROVE: StageAction.APPROVE,
    Action.ISSUE: StageAction.ISSUE,
}
# What the holder of a stage may do beside, where the stage allows it.
_OPTIONS = {
    Action.REQUEST_SUPPLEMENT: StageOption.SUPPLEMENT,
    Action.REQUEST_PAYMENT: StageOption.PAYMENT,
    Action.CONSULT: StageOption.OPINION,
    Action.REFER: StageOption.LINKED_CASE,
}


def may_see(actor: Actor, case: Case) -> bool:
    """The applicant, the system it came from, and staff of the agencies that take part in it."""
    return actor.is_system or _is_applicant(actor, case) or works_with(actor, case)


def works_with(actor: Actor, case: Case) -> bool:
    """Staff of the agencies that take part: the desk is theirs. Whose own case it is does not see it from there."""
    return not _is_own(actor, case) and not actor.case_agency_keys.isdisjoint(case.party_keys)


def may_do(actor: Actor, action: Action, case: Case, workflow: Workflow, now: datetime) -> bool:
    """True if the transition exists from here and this actor may make it."""
    return exists_now(action, case, workflow, now) and capacity(actor, action, case, workflow) is not None


def exists_now(action: Action, case: Case, workflow: Workflow, now: datetime) -> bool:
    """True if the transition exists from here, for whoever may make it."""
    return (
        case.state in TRANSITIONS[action].sources
        and _fits_stage(action, current_stage(case, workflow))
        and _is_open(action, case, now)
        and (action is not Action.PETITION or (case.petition is None and bool(petitions_of(case, workflow))))
    )


def capacity(actor: Actor, action: Action, case: Case, workflow: Workflow) -> By | None:
    """As what this actor may make the transition, or None."""
    stage = current_stage(case, workflow)
    found = (by for by in _deciders(action, TRANSITIONS[action], case) if _is(by, actor, action, case, stage))
    return next(found, None)


def acts_for(actor: Actor, by: By, case: Case) -> int | None:
    """The account in whose stead somebody acts who holds the position only by delegation; None: their own."""
    mine = [place for place in places(by, case) if actor.has(place[1], place[0])]
    if by is By.STAGE and case.stage_does == StageAction.PROPOSE and case.assignee_id not in (None, actor.account_id):
        return case.assignee_id  # somebody's own case, which only their deputy may hold
    if not mine or any(place not in actor.delegated for place in mine):
        return None
    return actor.delegated[mine[0]]


def actions_of(actor: Actor, case: Case, workflow: Workflow, now: datetime) -> list[Action]:
    """What this actor may do now, in the order of the table."""
    return [action for action in TRANSITIONS if may_do(actor, action, case, workflow, now)]


def current_stage(case: Case, workflow: Workflow) -> Stage | None:
    """The stage the case is in, or None outside `IN_PROCESS`."""
    return next((stage for stage in workflow.stages if stage.key == case.stage), None)


def was_asked_before(case: Case) -> bool:
    """True if the unit that has the case now has asked the applicant once: it asks once, and for everything."""
    return asker(case, State(case.state)) in case.askers


def asker(case: Case, state: State) -> str:
    """Which unit asks: the desk, or the agency that holds the stage."""
    return (case.stage_agency_key or case.agency_key) if state is State.IN_PROCESS else DESK


def places(by: By, case: Case) -> Iterator[tuple[str, Role]]:
    """The positions, each an agency and a role, that decide as `by`."""
    if by is By.DESK and case.state != State.IN_PROCESS:
        yield case.agency_key, DESK_ROLE
    elif by is By.HEAD:
        yield from ((key, Role.HEAD) for key in dict.fromkeys((case.agency_key, case.stage_agency_key)) if key)
    elif by is By.ACCOUNTANT:
        yield case.stage_agency_key or case.agency_key, Role.ACCOUNTANT
    elif by is By.CONSULTED:
        yield from ((key, role) for key in case.asked_keys for role in OPINION_ROLES)
    elif by is By.STAGE and case.stage_agency_key and case.stage_role in set(Role):
        yield case.stage_agency_key, Role(case.stage_role)


def _deciders(action: Action, transition: Transition, case: Case) -> tuple[By, ...]:
    if action is not Action.REQUEST_SUPPLEMENT:
        return transition.by
    return (By.HEAD,) if was_asked_before(case) else (By.DESK, By.STAGE)


def petitions_of(case: Case, workflow: Workflow) -> list[Action]:
    """What whoever has the case may ask its head to do, which they may not do themselves."""
    stage = current_stage(case, workflow)
    found = (
        [Action.REQUEST_SUPPLEMENT] if was_asked_before(case) and _fits_stage(Action.REQUEST_SUPPLEMENT, stage) else []
    )
    may_be_put_off = case.state == State.IN_PROCESS and case.due_at is not None and case.rescheduled_at is None
    return [*found, Action.RESCHEDULE] if may_be_put_off else found


def _is_open(action: Action, case: Case, now: datetime) -> bool:
    """What else must be so, beside state, stage and person."""
    if action is Action.RESCHEDULE:
        return case.due_at is not None and case.rescheduled_at is None
    if action is Action.DECLINE and case.state == State.SUPPLEMENT:
        return case.supplement_due_at is not None and case.supplement_due_at < now
    if action is Action.REFUSE_PETITION:
        return case.petition is not None
    if action in FINISHING:
        return not case.is_waiting
    if action in (Action.GIVE_OPINION, Action.CLOSE_OPINION):
        return bool(case.asked_keys)
    if action is Action.NOTE_CHILD:
        return case.open_children > 0
    return True


def _fits_stage(action: Action, stage: Stage | None) -> bool:
    if action in FINISHING:
        return stage is not None and stage.does is FINISHING[action]
    if action is Action.SEND_BACK:
        return stage is not None and stage.does is not StageAction.PROPOSE
    if action is Action.PETITION:
        return stage is None or stage.does is StageAction.PROPOSE
    if action is Action.ASSIGN:
        return stage is not None and stage.does is StageAction.PROPOSE
    if action in _OPTIONS and stage is not None:
        return stage.allows(_OPTIONS[action])
    if action in (Action.WITHDRAW, Action.DISCONTINUE) and stage is not None:
        # A result that is approved is about to be numbered: too late (withdrawal ends with the signature).
        return stage.does is not StageAction.ISSUE
    return True


def _is(by: By, actor: Actor, action: Action, case: Case, stage: Stage | None) -> bool:
    if by is By.SYSTEM:
        # A stage that people hold is not finished by the machine.
        return actor.is_system and (action not in FINISHING or (stage is not None and stage.automatic))
    if by is By.PARENT:
        return actor.is_system and case.parent_id is not None
    if by is By.APPLICANT and action is Action.SUPPLY and may_answer(actor, case):
        return True
    if by is By.APPLICANT:
        return _is_applicant(actor, case) and (case.parent_id is None or action is Action.SUPPLY)
    if _is_own(actor, case) or (by is By.STAGE and not _may_hold(actor, case, stage)):
        return False
    if action is Action.PETITION and any(actor.has(role, agency) for agency, role in places(By.HEAD, case)):
        return False  # who decides it asks nobody
    return any(actor.has(role, agency) for agency, role in places(by, case))


def _is_own(actor: Actor, case: Case) -> bool:
    """Nobody handles their own case: to its officers the applicant is an applicant, wherever they work."""
    return actor.account_id is not None and actor.account_id == case.applicant_id


def _is_applicant(actor: Actor, case: Case) -> bool:
    if actor.origin is not None:
        return actor.origin == case.origin
    return _is_own(actor, case)


def _may_hold(actor: Actor, case: Case, stage: Stage | None) -> bool:
    """False where the stage is somebody else's, or the machine's."""
    if stage is None or stage.automatic:
        return False
    if stage.does is not StageAction.PROPOSE or case.assignee_id is None:
        return True
    return actor.account_id == case.assignee_id or case.assignee_id in actor.stands_for(
        case.stage_agency_key or case.agency_key, Role(stage.role)
    )


def holds_stage(actor: Actor, case: Case, workflow: Workflow) -> bool:
    """True if the stage that the case is in is this person's to finish."""
    return _is(By.STAGE, actor, Action.PROPOSE, case, current_stage(case, workflow))


def may_answer(actor: Actor, case: Case) -> bool:
    """True for the applicant, and for the desk that typed the application for somebody who may have no account."""
    if case.typed_by is not None and may_assist(actor, case.agency_key):
        return True
    return actor.account_id is not None and actor.account_id == case.applicant_id


def may_assist(actor: Actor, agency_key: str) -> bool:
    """True if this officer may type an application for somebody who has come to the desk of the agency."""
    return actor.has(DESK_ROLE, agency_key)
