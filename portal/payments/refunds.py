"""Money that goes back: asked by one person with a reason, decided by another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.identity.actor import Actor
from portal.outbox.actions import announce
from portal.payments import ledger
from portal.payments.actions import locked
from portal.payments.models import Credit, EntryKind, Payment, PaymentState, Refund, RefundState
from services_catalog.text import nfc

# How long a gateway is asked to give back before somebody does.
_PATIENCE = timedelta(days=1)
_COUNTED = (RefundState.ASKED, RefundState.APPROVED, RefundState.DONE)


def left_of(session: Session, payment: Payment) -> int:
    """What of a payment is not given back, nor asked to be."""
    query = select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
        Refund.payment_id == payment.id, Refund.state.in_(_COUNTED)
    )
    return payment.amount_vnd - int(session.scalar(query) or 0) if payment.state == PaymentState.PAID else 0


def ask(session: Session, payment_id: int, amount: str, reason: str, *, by: Actor, now: datetime) -> Refund:
    """Ask that some or all of a payment goes back. Raises `Invalid`."""
    payment = locked(session, payment_id)
    left = left_of(session, payment)
    errors = {}
    typed = amount.replace(".", "").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 15 and 0 < int(typed) <= left):
        errors["amount"] = f"Hãy ghi số tiền từ 1 đến {left:,} đồng.".replace(",", ".")
    if not (reason := nfc(reason)) or len(reason) > 1000:
        errors["reason"] = "Hãy nêu lý do hoàn tiền."
    if errors or by.account_id is None:
        raise Invalid(errors)
    refund = Refund(payment_id=payment.id, case_id=payment.case_id, agency_key=payment.agency_key,
                    amount_vnd=int(typed), reason=reason, asked_by=by.account_id, asked_at=now)  # fmt: skip
    session.add(refund)
    session.flush()
    return refund


def approve(session: Session, refund_id: int, *, by: Actor, now: datetime) -> Refund:
    """The second person agrees: the gateway is told, or somebody pays it out. Raises `Forbidden`, `Refusal`."""
    refund = _decidable(session, refund_id, by)
    refund.state, refund.decided_by, refund.decided_at, refund.ask_at = RefundState.APPROVED, by.account_id, now, now
    return refund


def refuse(session: Session, refund_id: int, *, by: Actor, now: datetime) -> Refund:
    """The second person does not agree. Raises `Forbidden`, `Refusal`."""
    refund = _decidable(session, refund_id, by)
    refund.state, refund.decided_by, refund.decided_at = RefundState.REFUSED, by.account_id, now
    return refund


def pay_out(session: Session, refund_id: int, note: str, *, by: Actor, now: datetime) -> Refund:
    """Somebody has paid it out, with the number of the voucher. Raises `Invalid`, `Refusal`."""
    refund = locked_refund(session, refund_id)
    if refund.state != RefundState.APPROVED or refund.ask_at is not None:
        raise Refusal("not_now", "Khoản này không chờ chi tay.")
    if not (note := nfc(note)) or len(note) > 100:
        raise Invalid({"note": "Hãy ghi số phiếu chi hoặc số ủy nhiệm chi."})
    return finish(session, refund_id, note, by.account_id, now)


def finish(session: Session, refund_id: int, code: str, actor_id: int | None, now: datetime) -> Refund:
    """It is given back. Where it was owed and not too much, the debt is let go with it."""
    refund = locked_refund(session, refund_id)
    if refund.state == RefundState.DONE:
        return refund
    refund.state, refund.code, refund.done_at, refund.ask_at = RefundState.DONE, code, now, None
    announce(session, "refund.done", refund.id, now)
    session.flush()
    asked = ledger.open_bill(session, refund.case_id)
    owed = ledger.balance(session, refund.case_id) + refund.amount_vnd - (asked.total_vnd if asked else 0)
    ledger.add(session, f"refunded-{refund.id}", refund.case_id, EntryKind.REFUNDED, refund.amount_vnd, actor_id, now)
    if owed > 0:
        let_go = min(owed, refund.amount_vnd)
        ledger.add(session, f"let-go-{refund.id}", refund.case_id, EntryKind.CANCELLED, -let_go, actor_id, now)
    return refund


def leave_to_people(session: Session, refund_id: int, code: str | None) -> None:
    """No gateway can, or it never will: it waits for `pay_out`."""
    refund = locked_refund(session, refund_id)
    if refund.state == RefundState.APPROVED:
        refund.ask_at, refund.code = None, code


def note_trouble(session: Session, refund_id: int, code: str, now: datetime) -> None:
    """The gateway did not take it now. After some days of that it is left to people."""
    refund = locked_refund(session, refund_id)
    if refund.state == RefundState.APPROVED:
        refund.code = code
        if refund.decided_at is not None and now - refund.decided_at > _PATIENCE:
            refund.ask_at = None


def keep_as_credit(session: Session, case_id: int, reason: str, *, by: Actor, now: datetime) -> Credit:
    """What was paid too much stays for what the case may still owe. Raises `Invalid`, `Refusal`."""
    excess = -ledger.balance(session, case_id)
    if excess <= 0 or by.account_id is None:
        raise Refusal("nothing_over", "Hồ sơ này không nộp thừa.")
    if not (reason := nfc(reason)) or len(reason) > 500:
        raise Invalid({"reason": "Hãy nêu lý do."})
    credit = Credit(case_id=case_id, amount_vnd=excess, reason=reason, decided_by=by.account_id, decided_at=now)
    session.add(credit)
    session.flush()
    return credit


def of_case(session: Session, case_id: int) -> Sequence[Refund]:
    """Every refund of a case, the newest first."""
    return session.scalars(select(Refund).where(Refund.case_id == case_id).order_by(Refund.id.desc())).all()


def locked_refund(session: Session, refund_id: int) -> Refund:
    """The refund under its row lock. Raises `NotFound`."""
    found = session.get(Refund, refund_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("Không tìm thấy đề nghị hoàn tiền này.")
    return found


def _decidable(session: Session, refund_id: int, by: Actor) -> Refund:
    refund = locked_refund(session, refund_id)
    if refund.state != RefundState.ASKED:
        raise Refusal("not_now", "Đề nghị này đã được quyết định.")
    if refund.asked_by == by.account_id:
        raise Forbidden("Người đề nghị hoàn tiền không tự duyệt.")
    return refund
