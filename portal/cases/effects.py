"""What each action does to a case beside changing its state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from portal.base.clock import local_day
from portal.base.errors import Invalid, Refusal
from portal.base.words import when
from portal.cases import linked, opinions, paying, petitions
from portal.cases.clocks import go_on_after_pause, start_acceptance
from portal.cases.details import GRANTED
from portal.cases.lifecycle import PAUSED, Action, State
from portal.cases.models import CaseEvent
from portal.cases.move import Move, come_back, earlier, enter, following
from portal.cases.paper import keep_in_wallet, last_approval
from portal.cases.permissions import asker
from portal.issuing import certificates, register
from portal.outbox.actions import announce
from portal.payments import ledger
from portal.publishing import queries as publishing
from services_catalog.loader import library
from services_catalog.slots import slot_key
from services_catalog.terms import StageAction

_FURTHEST = timedelta(days=366)


def _route(move: Move) -> None:
    enter(move, move.workflow.stages[1])


def _assign(move: Move) -> None:
    move.case.assignee_id = int(move.details["officer"])


def _propose(move: Move) -> None:
    move.case.is_granted = move.details["outcome"] == GRANTED
    move.case.decision = move.details["decision"]
    if (until := move.details.get("valid_until")) and date.fromisoformat(until) <= local_day(move.now):
        raise Invalid({"valid_until": "Ngày hết hiệu lực phải sau hôm nay."})
    move.case.assignee_id = move.by.account_id
    _advance(move)


def _advance(move: Move) -> None:
    enter(move, following(move.case, move.workflow))


def _approve(move: Move) -> None:
    """Approving is signing: the person's key is used for it, or they are asked on their phone."""
    _advance(move)
    if move.case.stage_does == StageAction.ISSUE and not move.by.is_system:
        certificates.require(move.session, move.case.stage_agency_key or move.case.agency_key, move.by.account_id)


def _send_back(move: Move) -> None:
    to = move.details.get("to")
    back = earlier(move.case, move.workflow)
    enter(move, next((stage for stage in back if stage.key == to), back[0]))


def _number(move: Move) -> None:
    case = move.case
    if case.is_granted is None or case.decision is None:
        raise LookupError(f"case {case.id} was approved without a decision")
    issuer = case.stage_agency_key or case.agency_key
    approved = last_approval(move.session, case)
    signer_id = approved.actor_id if approved else None
    certificates.require(move.session, issuer, signer_id)
    seal = certificates.of_agency(move.session, issuer)
    register.number_paper(
        move.session, issuer, move.procedure.result_paper, move.now, case_id=case.id, signer_id=signer_id,
        agency_certificate_id=seal.id if seal else None, subject=move.procedure.short_name,
        valid_until=_valid_until(move),
    )  # fmt: skip


def _valid_until(move: Move) -> date | None:
    """The last day of what was proposed, where it has one and is granted."""
    query = select(CaseEvent.details).where(CaseEvent.case_id == move.case.id, CaseEvent.event == "case.proposed")
    said = move.session.scalar(query.order_by(CaseEvent.number.desc()).limit(1)) or {}
    until = said.get("valid_until")
    return date.fromisoformat(until) if until and move.case.is_granted else None


def _request_supplement(move: Move) -> None:
    case = move.case
    case.request_to_applicant = move.details["request"]
    published = publishing.version(move.session, case.version_id)
    case.asked_fields = list(filter(None, move.details.get("fields", "").split(",")))
    places = filter(None, move.details.get("papers", "").split(","))
    case.asked_papers = [slot_key(published.procedure, published.form, int(place)) for place in places]
    case.askers = [*case.askers, asker(case, State(move.from_state))]
    days = library().defaults.supplement_days_for(move.procedure)
    case.supplement_due_at = move.calendar.add_days(move.now, days)


def _accept(move: Move) -> None:
    paying.bill_what_was_paid_before(move.session, move.case, move.by.account_id, move.now)


def _request_payment(move: Move) -> None:
    amounts = {kind: int(move.details.get(kind) or 0) for kind in ledger.KIND_WORDS}
    if not any(amounts.values()):
        raise Invalid({ledger.CHARGE: "Hãy ghi ít nhất một khoản phải nộp, chỉ gồm chữ số."})
    move.case.request_to_applicant = move.details["request"]
    paying.ask_for(move.session, move.case, amounts, move.by.account_id, move.now)
    move.case.amount_due = max(0, ledger.balance(move.session, move.case.id))
    if not move.case.amount_due:  # it was all paid before: the machine goes on
        announce(move.session, "payment.settled", move.case.id, move.now)


def _confirm_payment(move: Move) -> None:
    if not move.by.is_system:
        paying.pay_by_transfer(move.session, move.case, move.details["note"], move.by, move.now)
    elif not ledger.settle(move.session, move.case.id, move.now):
        raise Refusal("not_paid", "Hồ sơ chưa nộp đủ tiền.")
    _go_on(move)


def _recall(move: Move) -> None:
    ledger.cancel_open(move.session, move.case.id, move.by.account_id, move.now)
    _go_on(move)


def _go_on(move: Move) -> None:
    """Back to whoever asked: the desk, with a new acceptance clock, or the stage, with the handling clock."""
    case = move.case
    case.request_to_applicant = case.supplement_due_at = case.amount_due = None
    case.asked_fields = case.asked_papers = []
    asked = move.session.scalars(
        select(CaseEvent)
        .where(CaseEvent.case_id == case.id, CaseEvent.to_state.in_(PAUSED), CaseEvent.from_state.not_in(PAUSED))
        .order_by(CaseEvent.number.desc())
        .limit(1)
    ).one()
    if move.transition.or_back_to is not None and asked.from_state == move.transition.or_back_to:
        case.state = asked.from_state
        come_back(move, next(stage for stage in move.workflow.stages if stage.key == asked.from_stage))
        go_on_after_pause(move)
    else:
        start_acceptance(case, move.calendar, move.now)
        case.paused_at = None


def _reschedule(move: Move) -> None:
    """A later due time with an apology, once (NĐ 61/2018, Điều 19); the first promise is still what counts."""
    case, day = move.case, date.fromisoformat(move.details["new_day"])
    if case.due_at is None or day <= max(local_day(case.due_at), local_day(move.now)):
        raise Invalid({"new_day": "Ngày hẹn lại phải sau hôm nay và sau ngày đã hẹn."})
    if day > local_day(move.now) + _FURTHEST:
        raise Invalid({"new_day": "Ngày hẹn lại không quá một năm kể từ hôm nay."})
    case.promised_due_at = case.promised_due_at or case.due_at
    case.previous_due_at, case.due_at = case.due_at, move.calendar.closing_on_or_after(day)
    case.rescheduled_at = move.now
    move.details |= {"from": when(case.promised_due_at), "to": when(case.due_at)}


def _petition(move: Move) -> None:
    move.case.petition = move.details["petition"]


def _deliver(move: Move) -> None:
    move.case.returned_at = move.now
    if result := register.result_of(move.session, move.case.id):
        keep_in_wallet(move.session, move.case, result, move.now)


EFFECTS: dict[Action, Callable[[Move], None]] = {
    Action.ACCEPT: _accept,
    Action.ROUTE: _route,
    Action.ASSIGN: _assign,
    Action.PROPOSE: _propose,
    Action.ENDORSE: _advance,
    Action.APPROVE: _approve,
    Action.SEND_BACK: _send_back,
    Action.ISSUE: _number,
    Action.REQUEST_SUPPLEMENT: _request_supplement,
    Action.SUPPLY: _go_on,
    Action.REQUEST_PAYMENT: _request_payment,
    Action.CONFIRM_PAYMENT: _confirm_payment,
    Action.RECALL_REQUEST: _recall,
    Action.CONSULT: opinions.ask,
    Action.GIVE_OPINION: opinions.answer,
    Action.CLOSE_OPINION: opinions.close,
    Action.REFER: linked.open_child,
    Action.NOTE_CHILD: linked.note_child,
    Action.DELIVER: _deliver,
    Action.RESCHEDULE: _reschedule,
    Action.PETITION: _petition,
    Action.REFUSE_PETITION: petitions.drop,
}
# What is said to staff once the event is written.
AFTERWARDS: dict[Action, Callable[[Move, int], None]] = {
    Action.CONSULT: opinions.tell_asked,
    Action.GIVE_OPINION: opinions.tell_asked,
    Action.CLOSE_OPINION: opinions.tell_asked,
    Action.PETITION: petitions.tell_head,
    Action.REFUSE_PETITION: petitions.tell_petitioner,
}
