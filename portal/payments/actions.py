"""Paying: a try is begun, and what gateways say of it is taken, once, whatever the order in which it comes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
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
_UNSEEN = (PaymentState.CLAIMED, PaymentState.PENDING)
WAY_WORDS = {CASH: "Tiền mặt tại quầy", CARD: "Thẻ tại quầy", TRANSFER: "Chuyển khoản"}


@dataclass(frozen=True)
class Payable:
    """What may be paid now, for a case. `facts` are for gateways that want to be told; `lines` as those of a bill."""

    case_id: int
    reference: str
    agency_key: str
    amount_vnd: int
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[Mapping[str, Any], ...] = ()


def begin(session: Session, payable: Payable, gateway: PaymentGateway, *, by: Actor, now: datetime) -> Payment:
    """A try to pay by a gateway; one that is still under way for the same is taken up again."""
    _require_amount(payable)
    under_way = or_(Payment.state == PaymentState.CLAIMED,
                    and_(Payment.state == PaymentState.PENDING, Payment.expires_at > now))  # fmt: skip
    query = select(Payment).where(
        Payment.case_id == payable.case_id, Payment.gateway == gateway.name, under_way,
        Payment.amount_vnd == payable.amount_vnd,
    )  # fmt: skip
    if known := session.scalar(query.order_by(Payment.id.desc()).limit(1)):
        return known
    payment = _new(payable, gateway.name, now, by)
    payment.by_hand = gateway.by_hand
    payment.expires_at = now + (_TRANSFER_FOR if gateway.by_hand else OPEN_FOR)
    payment.ask_at = now + (_TRANSFER_FOR if gateway.by_hand else _FIRST_ASKED)
    session.add(payment)
    session.flush()
    return payment


def order_of(payment: Payment, payable: Payable | None = None, *, ip: str = "", return_url: str = "") -> Order:
    """The payment as its gateway knows it."""
    facts = payable.facts if payable else {}
    lines = [(str(one["label"]), int(one["amount_vnd"])) for one in payable.lines] if payable else []
    info = f"Nop phi le phi ho so {payable.reference}" if payable else f"Giao dich {payment.key}"
    return Order(payment.key, payment.amount_vnd, info, payment.created_at, payment.expires_at, ip or "127.0.0.1",
                 return_url, payment.provider_id or "", facts, lines, payment.agency_key)  # fmt: skip


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


def note_forged(session: Session, gateway: str, now: datetime) -> None:
    """Keep that somebody has spoken in the name of a gateway; once a minute, so that nobody fills the table."""
    lately = select(GatewayReport.id).where(
        GatewayReport.gateway == gateway, GatewayReport.verdict == Verdict.FORGED,
        GatewayReport.at > now - timedelta(minutes=1),
    )  # fmt: skip
    if session.scalar(lately.limit(1)) is None:
        note_report(session, gateway, Verdict.FORGED, now)


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
    """A transfer that an accountant has found in the agency's account: of a try that waits for it, or by itself."""
    query = select(Payment).where(Payment.case_id == payable.case_id, Payment.by_hand, Payment.state.in_(_UNSEEN))
    query = query.where(Payment.amount_vnd == payable.amount_vnd).order_by(Payment.state, Payment.id.desc())
    if waiting := session.scalar(query.limit(1)):
        return confirm(session, waiting.id, note, by=by, now=now)
    _require_new(session, payable.agency_key, nfc(note))
    return _paid_here(session, payable, TRANSFER, nfc(note), by, now)


def claim(session: Session, payment_id: int, note: str, proof: tuple[str, str] | None = None) -> Payment:
    """The payer says that they have transferred it, with the bank's number of it, and `proof`: the SHA-256 and the type
    of a kept picture. Raises `Invalid`, `Refusal`.
    """
    payment = locked(session, payment_id)
    if payment.state != PaymentState.PENDING or not payment.by_hand:
        raise Refusal("not_now", "Lần nộp này không chờ chuyển khoản nữa.")
    if not (note := nfc(note)) or len(note) > 100:
        raise Invalid({"note": "Hãy ghi mã giao dịch mà ngân hàng cho bạn."})
    payment.state, payment.note = PaymentState.CLAIMED, note
    payment.proof_sha256, payment.proof_type = proof or (None, None)
    return payment


def confirm(session: Session, payment_id: int, note: str, *, by: Actor, now: datetime) -> Payment:
    """An accountant has found the transfer in the account. Raises `Invalid`, `Refusal`."""
    payment = locked(session, payment_id)
    if payment.state == PaymentState.PAID or not payment.by_hand:
        raise Refusal("not_now", "Lần nộp này đã được ghi nhận, hoặc do cổng thanh toán xác nhận.")
    if not (note := nfc(note)):
        raise Invalid({"note": "Hãy ghi số bút toán trên sao kê."})
    _require_new(session, payment.agency_key, note)
    payment.provider_id = note
    _mark_paid(session, payment, by.account_id, now)
    return payment


def _require_new(session: Session, agency_key: str, number: str) -> None:
    """A line of an agency's statement is the money of one payment."""
    found_by_hand = or_(Payment.by_hand, Payment.gateway == TRANSFER)
    query = select(Payment.id).where(
        found_by_hand, Payment.state == PaymentState.PAID, Payment.agency_key == agency_key
    )
    if session.scalar(query.where(or_(Payment.provider_id == number, Payment.note == number)).limit(1)):
        raise Invalid({"note": "Số chứng từ này đã được ghi nhận cho một lần nộp khác."})


def refuse(session: Session, payment_id: int, note: str, *, by: Actor, now: datetime) -> Payment:
    """An accountant does not find the transfer that the payer claims. Raises `Invalid`, `Refusal`."""
    payment = locked(session, payment_id)
    if payment.state != PaymentState.CLAIMED:
        raise Refusal("not_now", "Lần nộp này không chờ đối chiếu.")
    if not (note := nfc(note)):
        raise Invalid({"note": "Hãy nêu lý do: người nộp sẽ đọc nguyên văn."})
    payment.state, payment.code, payment.ask_at = PaymentState.FAILED, note, None
    announce(session, "payment.refused", payment.id, now)
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
    if now < payment.created_at + _FIRST_ASKED:  # somebody has asked before
        return payment.created_at + _FIRST_ASKED
    following = now + _ASKED_EVERY
    return following if following < payment.created_at + _ASKED_FOR + _ASKED_EVERY else None


def _taken(session: Session, payment: Payment, outcome: Outcome, now: datetime) -> Verdict:
    if outcome.fate in (Fate.PENDING, Fate.ABSENT, Fate.HELD):
        _see_expiry(payment, outcome, now)
        return Verdict.TAKEN
    if outcome.amount_vnd != payment.amount_vnd:
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


def _see_expiry(payment: Payment, outcome: Outcome, now: datetime) -> None:
    """What is held at the gateway stays open, with its code, so that nobody is invited to pay again."""
    is_held = outcome.fate is Fate.HELD
    if is_held and payment.state in (PaymentState.PENDING, PaymentState.EXPIRED, PaymentState.FAILED):
        payment.state, payment.code = PaymentState.PENDING, outcome.code
    elif payment.state == PaymentState.PENDING and payment.expires_at <= now:
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
                   amount_vnd=payable.amount_vnd, lines=_lines(payable),
                   state=PaymentState.PENDING, made_by=by.account_id, created_at=now, expires_at=now)  # fmt: skip


def _lines(payable: Payable) -> list[dict[str, Any]]:
    lines = [dict(one) for one in payable.lines if one["amount_vnd"]]
    return lines if sum(int(one["amount_vnd"]) for one in lines) == payable.amount_vnd else []


def _require_amount(payable: Payable) -> None:
    if payable.amount_vnd <= 0:
        raise Refusal("nothing_due", "Hồ sơ không còn khoản nào phải nộp.")
