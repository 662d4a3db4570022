"""Moving a case: web, API and workers all call `perform`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.cases import assignment
from portal.cases.alarm import set_next_warning
from portal.cases.chain import FIRST, seal
from portal.cases.details import GRANTED, check_details
from portal.cases.handling import handling_minutes
from portal.cases.lifecycle import NATIONAL, TRANSITIONS, Action, Clock, State, Transition
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import current_stage, may_do, may_see, was_asked_before
from portal.deadlines.calendar import provincial_calendar
from portal.deadlines.clock import acceptance_due, result_due, resumed_due
from portal.documents import results
from portal.identity.actor import Actor
from portal.notifications.actions import CaseFacts, notify
from portal.outbox.actions import announce
from portal.publishing import queries as publishing
from services_catalog.loader import library
from services_catalog.model import Procedure
from services_catalog.terms import AfterSupplement, Channel
from services_catalog.workflow import Stage, Workflow


def perform(
    session: Session,
    case_id: int,
    action: Action,
    *,
    by: Actor,
    now: datetime,
    details: Mapping[str, str] | None = None,
    expected_version: int | None = None,
) -> Case:
    """Make one transition in the caller's transaction: state, event, notices and outbox together.

    `expected_version` is the version the person looked at; `Stale` is raised if the case has moved
    since. Other refusals: `NotFound`, `Forbidden`, `Invalid`, and `Refusal("not_now")` for a move
    that does not exist from here.
    """
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None or not may_see(by, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    pinned = publishing.version(session, case.version_id)
    _check(case, action, by, pinned.workflow, expected_version, now)
    given = check_details(action, details or {})
    _move(session, _Move(case, action, by, now, given, pinned.procedure, pinned.workflow))
    return case


class _Move:
    """All that one transition needs to know."""

    def __init__(
        self,
        case: Case,
        action: Action,
        by: Actor,
        now: datetime,
        details: dict[str, str],
        procedure: Procedure,
        workflow: Workflow,
    ):
        self.case, self.action, self.by, self.now = case, action, by, now
        self.details, self.procedure, self.workflow = details, procedure, workflow
        self.transition: Transition = TRANSITIONS[action]
        self.from_state, self.from_stage, self.from_due_at = case.state, case.stage, case.due_at


def _check(
    case: Case, action: Action, by: Actor, workflow: Workflow, expected_version: int | None, now: datetime
) -> None:
    if expected_version is not None and expected_version != case.version:
        raise Stale("Hồ sơ vừa được người khác xử lý. Hãy xem lại tình trạng mới rồi quyết định.")
    if may_do(by, action, case, workflow, now):
        return
    if case.state not in TRANSITIONS[action].sources:
        status = NATIONAL[State(case.state)][1].lower()
        raise Refusal("not_now", f"Không làm được việc này khi hồ sơ đang ở trạng thái “{status}”.")
    if action is Action.RESCHEDULE and case.rescheduled_at:
        raise Refusal("not_now", "Hồ sơ đã hẹn lại một lần. Mỗi hồ sơ chỉ được hẹn lại một lần.")
    if action is Action.REQUEST_SUPPLEMENT and was_asked_before(case):
        raise Forbidden("Đã yêu cầu bổ sung một lần. Yêu cầu thêm do lãnh đạo phòng quyết định.")
    raise Forbidden("Việc này thuộc người khác: hồ sơ không ở bước bạn phụ trách.")


def _move(session: Session, move: _Move) -> None:
    case, transition = move.case, move.transition
    if transition.target is not None:
        case.state = transition.target
    if effect := _EFFECTS.get(move.action):
        effect(session, move)
    _turn_clock(session, move)
    if case.state != State.IN_PROCESS:
        _enter(case, None)
    tell(
        session, case, transition.event, move.procedure, by=move.by, now=move.now, details=dict(move.details),
        came_from=(move.from_state, move.from_stage),
    )  # fmt: skip
    session.flush()


def tell(
    session: Session,
    case: Case,
    event: str,
    procedure: Procedure,
    *,
    by: Actor,
    now: datetime,
    details: dict[str, str],
    came_from: tuple[str | None, str | None] = (None, None),
) -> CaseEvent:
    """Append `event` to the history of a case, with the notices it causes and the message to the workers.

    `came_from` is the state and stage before. The caller holds the row lock of the case.
    """
    newest = select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.number.desc()).limit(1)
    last = session.scalar(newest)
    row = CaseEvent(
        case_id=case.id,
        number=last.number + 1 if last else 1,
        event=event,
        from_state=came_from[0],
        to_state=case.state,
        from_stage=came_from[1],
        to_stage=case.stage,
        actor_id=by.account_id,
        at=now,
        details=details,
    )
    row.hash = seal(last.hash if last else FIRST, row)
    session.add(row)
    session.flush()
    notify(session, event, row.id, _facts_of(case, procedure), now)
    announce(session, event, case.id, now)
    return row


def _facts_of(case: Case, procedure: Procedure) -> CaseFacts:
    """What notices may say of a case."""
    return CaseFacts(
        case_id=case.id,
        reference=case.reference,
        procedure=procedure.short_name,
        phone=case.contact_phone,
        applicant_id=case.applicant_id,
        acceptance_due_at=case.acceptance_due_at,
        due_at=case.due_at,
        is_granted=case.is_granted,
    )


def _turn_clock(session: Session, move: _Move) -> None:
    """Due times as the transition asks; the one that was promised before a pause is kept."""
    case, now = move.case, move.now
    if move.transition.clock is Clock.START:
        case.accepted_at = now
        case.due_at = _due(move)
    elif move.transition.clock is Clock.PAUSE and case.due_at is not None:
        case.previous_due_at, case.due_at = case.due_at, None
    elif move.transition.clock is Clock.STOP:
        case.finished_at = now
        if case.state == State.FINISHED:
            case.handling_minutes = handling_minutes(session, case, now, provincial_calendar())
    set_next_warning(case, move.from_due_at, now, restarts=move.action is not Action.RESCHEDULE)


def _due(move: _Move) -> datetime | None:
    channel = Channel(move.case.channel)
    return result_due(provincial_calendar(), move.procedure, move.workflow, channel, move.now)


def _route(session: Session, move: _Move) -> None:
    case = move.case
    stage = move.workflow.stages[1]
    _enter(case, stage)
    case.assignee_id = assignment.least_loaded(session, case.agency_key, stage, move.now)


def _propose(session: Session, move: _Move) -> None:
    move.case.is_granted = move.details["outcome"] == GRANTED
    move.case.decision = move.details["decision"]
    move.case.assignee_id = move.by.account_id
    _advance(session, move)


def _advance(session: Session, move: _Move) -> None:
    _enter(move.case, _neighbour(move, +1))


def _send_back(session: Session, move: _Move) -> None:
    _enter(move.case, _neighbour(move, -1))


def _enter(case: Case, stage: Stage | None) -> None:
    case.stage, case.stage_role, case.stage_does = (stage.key, stage.role, stage.does) if stage else (None, None, None)


def _neighbour(move: _Move, step: int) -> Stage:
    stage = current_stage(move.case, move.workflow)
    if stage is None:
        raise LookupError(f"case {move.case.id} is in no stage")
    return move.workflow.stages[move.workflow.stages.index(stage) + step]


def _number(session: Session, move: _Move) -> None:
    case = move.case
    if case.is_granted is None or case.decision is None:
        raise LookupError(f"case {case.id} was approved without a decision")
    results.number_result(session, case.id, case.agency_key, move.procedure.result_paper, move.now)


def _request(session: Session, move: _Move) -> None:
    case = move.case
    case.request_to_applicant = move.details["request"]
    if move.from_state == State.IN_PROCESS:
        case.stage_requests += 1
    else:
        case.desk_requests += 1
    days = library().defaults.supplement_days_for(move.procedure)
    case.supplement_due_at = provincial_calendar().add_days(move.now, days)


def _supply(session: Session, move: _Move) -> None:
    """Back to whoever asked: the desk, with a new acceptance clock, or the stage, with the handling clock.

    By the policy of the procedure the whole time runs again from the complete file (NĐ 61/2018, Điều 19), or
    what was left of it runs on; the due time that was promised before stays in `previous_due_at`.
    """
    case = move.case
    case.request_to_applicant = case.supplement_due_at = None
    asked = session.scalars(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id, CaseEvent.event == TRANSITIONS[Action.REQUEST_SUPPLEMENT].event)
        .order_by(CaseEvent.number.desc())
        .limit(1)
    ).one()
    if move.transition.or_back_to is not None and asked.from_state == move.transition.or_back_to:
        case.state = asked.from_state
        _enter(case, next(stage for stage in move.workflow.stages if stage.key == asked.from_stage))
        case.due_at = _due_after_supplement(move, asked.at)
    else:
        case.acceptance_due_at = acceptance_due(provincial_calendar(), move.now)


def _due_after_supplement(move: _Move, asked_at: datetime) -> datetime | None:
    before = move.case.previous_due_at
    if move.procedure.after_supplement is AfterSupplement.RESUME and before is not None:
        return resumed_due(provincial_calendar(), before, asked_at, move.now)
    return _due(move)


def _reschedule(session: Session, move: _Move) -> None:
    """A later due time with an apology, once (NĐ 61/2018, Điều 19); the first promise is still what counts."""
    case, day = move.case, date.fromisoformat(move.details["new_day"])
    if case.due_at is None or day <= max(local_day(case.due_at), local_day(move.now)):
        raise Invalid({"new_day": "Ngày hẹn lại phải sau hôm nay và sau ngày đã hẹn."})
    case.promised_due_at = case.promised_due_at or case.due_at
    case.previous_due_at, case.due_at = case.due_at, provincial_calendar().closing_on_or_after(day)
    case.rescheduled_at = move.now


def _deliver(session: Session, move: _Move) -> None:
    move.case.returned_at = move.now


_EFFECTS: dict[Action, Callable[[Session, _Move], None]] = {
    Action.ROUTE: _route,
    Action.PROPOSE: _propose,
    Action.ENDORSE: _advance,
    Action.APPROVE: _advance,
    Action.SEND_BACK: _send_back,
    Action.ISSUE: _number,
    Action.REQUEST_SUPPLEMENT: _request,
    Action.SUPPLY: _supply,
    Action.DELIVER: _deliver,
    Action.RESCHEDULE: _reschedule,
}
