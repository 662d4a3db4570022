"""Moving a case: web, API and workers all call `perform`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, NotFound, Refusal, Stale
from portal.cases import opinions
from portal.cases.choices import choices_of
from portal.cases.clocks import running_clock, set_alarm, turn_clock
from portal.cases.details import asks_something, check_details
from portal.cases.effects import AFTERWARDS, EFFECTS
from portal.cases.events import tell
from portal.cases.lifecycle import ENDED, NATIONAL, TRANSITIONS, Action, By, State
from portal.cases.models import Case
from portal.cases.move import Move, leave_stages
from portal.cases.permissions import FINISHING, acts_for, capacity, exists_now, may_do, may_see, was_asked_before
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.payments import ledger
from portal.publishing import queries as publishing
from services_catalog.workflow import Workflow

# Why something that is this person's to do cannot be done now.
_NOT_YET = {
    Action.DECLINE: "Chưa hết thời hạn bổ sung: chưa từ chối được.",
    Action.WITHDRAW: "Kết quả đã được phê duyệt và đang phát hành: không rút được nữa.",
    Action.DISCONTINUE: "Kết quả đã được phê duyệt và đang phát hành: không dừng được nữa.",
    Action.SEND_BACK: "Đây là bước đầu: không còn bước nào để trả lại.",
    Action.REQUEST_SUPPLEMENT: "Bước này không được yêu cầu bổ sung.",
    Action.REQUEST_PAYMENT: "Bước này không được yêu cầu nộp tiền.",
    Action.CONSULT: "Bước này không được xin ý kiến cơ quan khác.",
    Action.REFER: "Bước này không được lập hồ sơ liên thông.",
    Action.ASSIGN: "Chỉ giao người khác ở bước thụ lý.",
}
# Finishing actions that ask nothing: what one person holds in a row may be done at once.
_WITHOUT_QUESTIONS = tuple(action for action in FINISHING if not asks_something(action))


def perform(
    session: Session,
    case_id: int,
    action: Action,
    *,
    by: Actor,
    now: datetime,
    details: Mapping[str, str] | None = None,
    expected_version: int | None = None,
    through: bool = False,
) -> Case:
    """Make one transition in the caller's transaction: state, event, notices and outbox together.

    `expected_version` is the version the person looked at; `Stale` is raised if the case has moved
    since. Other refusals: `NotFound`, `Forbidden`, `Invalid`, and `Refusal("not_now")` for a move
    that does not exist from here.

    `through`: the stages that follow and are the same person's are finished as well, each with its own event.
    """
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None or not may_see(by, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    return perform_locked(session, case, action, by=by, now=now, details=details, expected_version=expected_version,
                          through=through)  # fmt: skip


def perform_locked(
    session: Session,
    case: Case,
    action: Action,
    *,
    by: Actor,
    now: datetime,
    details: Mapping[str, str] | None = None,
    expected_version: int | None = None,
    through: bool = False,
) -> Case:
    """Like `perform`, where the caller has just read the case under its row lock, and `by` may see it."""
    if expected_version is not None and expected_version != case.version:
        raise Stale("Hồ sơ vừa được người khác xử lý. Hãy xem lại tình trạng mới rồi quyết định.")
    # A clock that was set back does not make things happen before what they follow from.
    at = max(now, case.changed_at)
    pinned = publishing.version(session, case.version_id)
    move = Move(session, case, action, by, at, {}, pinned.procedure, pinned.workflow)
    _make(move, details or {})
    while through and action in FINISHING and (further := _next_of_same_person(move)):
        move = Move(session, case, further, by, at, {}, pinned.procedure, pinned.workflow)
        _make(move, {})
    return case


def stages_ahead(case: Case, by: Actor, workflow: Workflow) -> list[str]:
    """Labels of the stages right after the present one that this person could finish as well, without a question."""
    stages = list(workflow.stages)
    at = next((i for i, stage in enumerate(stages) if stage.key == case.stage), len(stages))
    labels = []
    for stage in stages[at + 1 :]:
        if stage.when:  # it depends on what is about to be decided
            break
        place = (stage.agency or case.agency_key, Role(stage.role))
        finishing = next((action for action, does in FINISHING.items() if does is stage.does), None)
        if finishing is None or asks_something(finishing) or stage.automatic or place not in by.roles:
            break
        labels.append(stage.label)
    return labels


def _next_of_same_person(move: Move) -> Action | None:
    case, workflow = move.case, move.workflow
    return next((a for a in _WITHOUT_QUESTIONS if may_do(move.by, a, case, workflow, move.now)), None)


def _make(move: Move, given: Mapping[str, str]) -> None:
    by = _check(move)
    choices = choices_of(move, move.action) if not move.by.is_system else {}
    move.details = check_details(move.action, given, {name: set(found) for name, found in choices.items()})
    if principal := acts_for(move.by, by, move.case):
        move.details["acted_for"] = str(principal)
    case, transition, clock = move.case, move.transition, running_clock(move.case)
    if transition.target is not None:
        case.state = transition.target
    if effect := EFFECTS.get(move.action):
        effect(move)
    turn_clock(move)
    set_alarm(case, clock, move.now, lambda: move.calendar)
    if case.petition and (
        move.action == case.petition or (case.state, case.stage) != (move.from_state, move.from_stage)
    ):
        case.petition = None  # it is done, or the case has gone on without it
    if case.state != State.IN_PROCESS:
        leave_stages(case)
    if case.state in ENDED:
        _settle(move)
    event = tell(
        move.session, case, transition.event, move.procedure, by=move.by, now=move.now, details=dict(move.details),
        came_from=(move.from_state, move.from_stage),
    )  # fmt: skip
    if afterwards := AFTERWARDS.get(move.action):
        afterwards(move, event.id)


def _settle(move: Move) -> None:
    """A case that has ended asks nothing of anybody any more."""
    case = move.case
    case.request_to_applicant = case.supplement_due_at = case.amount_due = None
    ledger.cancel_open(move.session, case.id, move.by.account_id, move.now)
    if case.asked_keys:
        opinions.close_all(move.session, case, move.now)


def _check(move: Move) -> By:
    """As what the actor makes the move. Raises what keeps them from it, in words."""
    case, action, by, workflow = move.case, move.action, move.by, move.workflow
    found = capacity(by, action, case, workflow)
    if exists_now(action, case, workflow, move.now) and found is not None:
        return found
    if case.state not in TRANSITIONS[action].sources:
        status = NATIONAL[State(case.state)][1].lower()
        raise Refusal("not_now", f"Không làm được việc này khi hồ sơ đang ở trạng thái “{status}”.")
    if action is Action.RESCHEDULE and case.rescheduled_at:
        raise Refusal("not_now", "Hồ sơ đã hẹn lại một lần. Mỗi hồ sơ chỉ được hẹn lại một lần.")
    if action in FINISHING and case.is_waiting and found is not None:
        raise Refusal("not_now", "Hồ sơ còn chờ ý kiến hoặc hồ sơ liên thông của cơ quan khác.")
    if action is Action.REQUEST_SUPPLEMENT and was_asked_before(case):
        raise Forbidden("Đã yêu cầu bổ sung một lần. Yêu cầu thêm do lãnh đạo phòng quyết định.")
    if found is not None and action in _NOT_YET:
        raise Refusal("not_now", _NOT_YET[action])
    raise Forbidden("Việc này thuộc người khác: hồ sơ không ở bước bạn phụ trách.")
