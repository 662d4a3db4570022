"""Paying: a try is begun, and what gateways say of it is taken, once, whatever the order in which it comes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound, Refusal
from portal.gateways.payments import Fate, Order, Outcome, PaymentGateway, Verdict
from portal.identity.actor import Actor
from portal.outbox.actions import announce
from portal.payments import ledger
from portal.payments.models import (
    CARD,
    CASH,
    TRANSFER,
    EntryKind,
    GatewayReport,
    Payment,
    PaymentState,
)
from services_catalog.text import nfc

# How long a payer has at a gateway; and when a try is asked about: after a quarter of an hour, then each day.
OPEN_FOR = timedelta(minutes=15)
_FIRST_ASKED, _ASKED_EVERY, _ASKED_FOR = timedelta(minutes=15), timedelta(days=1), timedelta(days=7)
# A transfer may take until the bank's next statement.
_TRANSFER_FOR = timedelta(days=7)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
COUNTER = (CASH, CARD)
WAY_WORDS = {CASH: "Tiền mặt tại quầy", CARD: "Thẻ tại quầy", TRANSFER: "Chuyển khoản"}


@dataclass(frozen=True)
class Payable:
    """What may be paid now, for a case. `facts` and `lines` are for gateways that want to be told."""

    case_id: int
    reference: str
    agency_key: str
    amount_vnd: int
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[tuple[str, int], ...] = ()


def begin(session: Session, payable: Payable, gateway: PaymentGateway, *, by: Actor, now: datetime) -> Payment:
    """A try to pay by a gateway; one that is still under way for the same is taken up again."""
    _require_amount(payable)
    query = select(Payment).where(
        Payment.case_id == payable.case_id, Payment.gateway == gateway.name, Payment.state == PaymentState.PENDING,
        Payment.amount_vnd == payable.amount_vnd, Payment.expires_at > now,
    )  # fmt: skip
    if under_way := session.scalar(query.order_by(Payment.id.desc()).limit(1)):
        return under_way
    payment = _new(payable, gateway.name, now, by)
    payment.by_hand = gateway.by_hand
    payment.expires_at = now + (_TRANSFER_FOR if gateway.by_hand else OPEN_FOR)
    payment.ask_at = now + (_TRANSFER_FOR if gateway.by_hand else _FIRST_ASKED)
    session.add(payment)
    session.flush()
    return payment


def order_of(payment: Payment, payable: Payable | None = None, *, ip: str = "", return_url: str = "") -> Order:
    """The payment as its gateway knows it."""
    facts, lines = (payable.facts, payable.lines) if payable else ({}, ())
    info = f"Nop phi le phi ho so {payable.reference}" if payable else f"Giao dich {payment.key}"
    return Order(payment.key, payment.amount_vnd, info, payment.created_at, payment.expires_at, ip or "127.0.0.1",
                 return_url, payment.provider_id or "", facts, lines)  # fmt: skip


def take(session: Session, gateway: str, outcome: Outcome, now: datetime) -> Verdict:
    """Take what a gateway has signed or answered. Paid is the last word; ledger and case are told of it once.

    An amount that is not ours is refused and kept in the reports; so is what nobody here has asked for.
    """
    query = select(Payment).where(Payment.key == outcome.key, Payment.gateway == gateway).with_for_update()
    payment = session.scalar(query.execution_options(populate_existing=True))
    verdict = Verdict.UNKNOWN if payment is None else _taken(session, payment, outcome, now)
    if outcome.fate in (Fate.PAID, Fate.FAILED) or verdict is Verdict.WRONG_AMOUNT:
        note_report(session, gateway, verdict, now, payment, outcome)
    return verdict


def note_report(session: Session, gateway: str, verdict: Verdict, now: datetime, payment: Payment | None = None,
                outcome: Outcome | None = None) -> None:  # fmt: skip
    """Keep what was said in the name of a gateway, with what was made of it."""
    session.add(GatewayReport(gateway=gateway, payment_id=payment.id if payment else None, verdict=verdict,
                              amount_vnd=outcome.amount_vnd if outcome else None,
                              code=outcome.code[:20] if outcome else None, at=now))  # fmt: skip


def take_at_counter(session: Session, payable: Payable, way: str, note: str, *, by: Actor, now: datetime) -> Payment:
    """Money that somebody has in their hands: cash, or a slip of the card terminal, which is named."""
    _require_amount(payable)
    if way not in COUNTER:
        raise Invalid({"way": "Hãy chọn tiền mặt hoặc thẻ."})
    note = nfc(note)
    if way == CARD and not note:
        raise Invalid({"note": "Hãy ghi số giao dịch trên phiếu của máy quẹt thẻ."})
    return _paid_here(session, payable, way, note, by, now)


def take_transfer(session: Session, payable: Payable, note: str, *, by: Actor, now: datetime) -> Payment:
    """A transfer that an accountant has found in the agency's account, without a code of ours."""
    return _paid_here(session, payable, TRANSFER, nfc(note), by, now)


def claim(session: Session, payment_id: int, note: str, now: datetime) -> Payment:
    """The payer says that they have transferred it, with the bank's number of it. Raises `Invalid`, `Refusal`."""
    payment = locked(session, payment_id)
    if payment.state != PaymentState.PENDING or not payment.by_hand:
        raise Refusal("not_now", "Lần nộp này không chờ chuyển khoản nữa.")
    if not (note := nfc(note)) or len(note) > 100:
        raise Invalid({"note": "Hãy ghi mã giao dịch mà ngân hàng cho bạn."})
    payment.state, payment.note = PaymentState.CLAIMED, note
    return payment


def call_off(session: Session, case_id: int) -> None:
    """Nothing is owed any more: tries that are under way invite nobody to pay twice. If money comes, it is taken."""
    query = select(Payment).where(Payment.case_id == case_id, Payment.state == PaymentState.PENDING)
    for payment in session.scalars(query.with_for_update(skip_locked=True)):
        payment.state = PaymentState.EXPIRED


def confirm(session: Session, payment_id: int, note: str, *, by: Actor, now: datetime) -> Payment:
    """An accountant has found the transfer in the account. Raises `Invalid`, `Refusal`."""
    payment = locked(session, payment_id)
    if payment.state == PaymentState.PAID or not payment.by_hand:
        raise Refusal("not_now", "Lần nộp này đã được ghi nhận, hoặc do cổng thanh toán xác nhận.")
    if not (note := nfc(note)):
        raise Invalid({"note": "Hãy ghi số bút toán trên sao kê."})
    payment.provider_id = note
    _mark_paid(session, payment, by.account_id, now)
    return payment


def refuse(session: Session, payment_id: int, note: str, *, by: Actor, now: datetime) -> Payment:
    """An accountant does not find the transfer that the payer claims. Raises `Invalid`, `Refusal`."""
    payment = locked(session, payment_id)
    if payment.state != PaymentState.CLAIMED:
        raise Refusal("not_now", "Lần nộp này không chờ đối chiếu.")
    if not (note := nfc(note)):
        raise Invalid({"note": "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."})
    payment.state, payment.code, payment.ask_at = PaymentState.FAILED, note, None
    return payment


def payment_with(session: Session, gateway: str, key: str) -> Payment | None:
    """The payment that a gateway knows by this key."""
    return session.scalar(select(Payment).where(Payment.key == key, Payment.gateway == gateway))


def locked(session: Session, payment_id: int) -> Payment:
    """The payment under its row lock. Raises `NotFound`."""
    found = session.get(Payment, payment_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("Không tìm thấy lần nộp tiền này.")
    return found


def next_ask(payment: Payment, now: datetime) -> datetime | None:
    """When it is asked about again; None once that has been done long enough."""
    following = max(now, payment.created_at) + _ASKED_EVERY
    return following if following < payment.created_at + _ASKED_FOR + _ASKED_EVERY else None


def _taken(session: Session, payment: Payment, outcome: Outcome, now: datetime) -> Verdict:
    if outcome.fate in (Fate.PENDING, Fate.ABSENT):
        _see_expiry(payment, now)
        return Verdict.TAKEN
    if outcome.amount_vnd is not None and outcome.amount_vnd != payment.amount_vnd:
        return Verdict.WRONG_AMOUNT
    if payment.state == PaymentState.PAID:
        return Verdict.ALREADY
    payment.code, payment.provider_id = outcome.code or None, outcome.provider_id or payment.provider_id
    if outcome.fate is Fate.PAID:
        _mark_paid(session, payment, None, now)
        return Verdict.TAKEN
    was_failed = payment.state == PaymentState.FAILED
    payment.state = PaymentState.FAILED
    return Verdict.ALREADY if was_failed else Verdict.TAKEN


def _see_expiry(payment: Payment, now: datetime) -> None:
    if payment.state == PaymentState.PENDING and payment.expires_at <= now:
        payment.state = PaymentState.EXPIRED


def _mark_paid(session: Session, payment: Payment, actor_id: int | None, now: datetime) -> None:
    payment.state, payment.paid_at, payment.ask_at = PaymentState.PAID, now, None
    session.flush()
    ledger.add(session, f"paid-{payment.id}", payment.case_id, EntryKind.PAID, -payment.amount_vnd, actor_id, now)
    announce(session, "payment.received", payment.id, now)


def _paid_here(session: Session, payable: Payable, way: str, note: str, by: Actor, now: datetime) -> Payment:
    payment = _new(payable, way, now, by)
    payment.note = note or None
    session.add(payment)
    session.flush()
    _mark_paid(session, payment, by.account_id, now)
    return payment


def _new(payable: Payable, gateway: str, now: datetime, by: Actor) -> Payment:
    key = "LS" + "".join(secrets.choice(_LETTERS) for _ in range(14))
    return Payment(key=key, case_id=payable.case_id, agency_key=payable.agency_key, gateway=gateway,
                   amount_vnd=payable.amount_vnd, state=PaymentState.PENDING, made_by=by.account_id, created_at=now,
                   expires_at=now)  # fmt: skip


def _require_amount(payable: Payable) -> None:
    if payable.amount_vnd <= 0:
        raise Refusal("nothing_due", "Hồ sơ không còn khoản nào phải nộp.")
