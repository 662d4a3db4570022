"""Asking gateways: about payments that nothing was heard of, and to pay back. No transaction is held open for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.logs import logger
from portal.gateways.messages import Refused, SendingError
from portal.gateways.payments import CannotRefund, Order, PaymentGateway, Verdict
from portal.identity.queries import names
from portal.payments import actions, refunds
from portal.payments.models import Payment, PaymentState, Refund, RefundState

# Longer than asking may take: whoever dies with it leaves it to the next round.
_LEASE = timedelta(minutes=2)
_TRY_AGAIN = timedelta(minutes=10)
_log = logger(__name__)


@dataclass(frozen=True)
class Asker:
    """What asking needs, opened once in a process."""

    database: Database
    gateways: Mapping[str, PaymentGateway]
    now: Callable[[], datetime]


def ask_due(asker: Asker, *, most: int = 200) -> int:
    """Ask about the payments whose time has come, one after the other; returns how many. Any number may run."""
    silent: set[str] = set()  # gateways that do not answer just now are left alone until the next round
    for count in range(most):
        with asker.database.unit_of_work() as session:
            query = select(Payment.id).where(Payment.ask_at <= asker.now(), Payment.gateway.not_in(silent))
            query = query.order_by(Payment.ask_at).limit(1)
            payment_id = session.scalar(query.with_for_update(skip_locked=True))
            if payment_id is not None:
                payment = session.get_one(Payment, payment_id)
                payment.ask_at = asker.now() + _LEASE
        if payment_id is None:
            return count
        if ask_about(asker, payment_id) is None:
            silent.add(payment.gateway)
    return most


def ask_about(asker: Asker, payment_id: int) -> Verdict | None:
    """Ask about one payment, and take what is answered; None where there was no answer."""
    with asker.database.unit_of_work() as session:
        payment = session.get_one(Payment, payment_id)
        order, name, is_over = actions.order_of(payment), payment.gateway, payment.state == PaymentState.PAID
    gateway = asker.gateways.get(name)
    if is_over or gateway is None:
        _plan(asker, payment_id, None)
        return None
    try:
        outcome = gateway.find(order, asker.now())
    except SendingError as error:
        _log.warning("payment_not_asked", payment=payment_id, gateway=name, code=error.code)
        _plan(asker, payment_id, max(_TRY_AGAIN, timedelta(seconds=error.after_seconds)))
        return None
    with asker.database.unit_of_work() as session:
        verdict = actions.take(session, name, outcome, asker.now())
    _plan(asker, payment_id, timedelta(0))
    return verdict


def _plan(asker: Asker, payment_id: int, wait: timedelta | None) -> None:
    """When to ask again: after `wait`, by the usual plan where that is 0, or never."""
    with asker.database.unit_of_work() as session:
        payment = actions.locked(session, payment_id)
        over = payment.state in (PaymentState.PAID, PaymentState.CLAIMED)
        usual = None if over or wait is None else actions.next_ask(payment, asker.now())
        payment.ask_at = asker.now() + wait if wait and usual else usual
        if payment.ask_at is None and payment.state == PaymentState.PENDING:
            payment.state = PaymentState.EXPIRED


def refund_due(asker: Asker, *, most: int = 50) -> int:
    """Tell gateways of the refunds that were approved; returns how many."""
    for count in range(most):
        with asker.database.unit_of_work() as session:
            query = select(Refund).where(Refund.state == RefundState.APPROVED, Refund.ask_at <= asker.now())
            refund = session.scalar(query.order_by(Refund.ask_at).limit(1).with_for_update(skip_locked=True))
            if refund is None:
                return count
            refund.ask_at = asker.now() + _LEASE
            job = _job(session, refund)
        if not _tell(asker, *job):
            return count + 1  # the others wait for the next round
    return most


def _job(session: Session, refund: Refund) -> tuple[int, Order, str, int, str, bool]:
    payment = session.get_one(Payment, refund.payment_id)
    by = names(session, [refund.decided_by or 0]).get(refund.decided_by or 0, "Ke toan")
    return refund.id, actions.order_of(payment), payment.gateway, refund.amount_vnd, by, refund.code is not None


def _tell(asker: Asker, refund_id: int, order: Order, name: str, amount: int, by: str, again: bool) -> bool:
    """False where the gateway gave no answer."""
    gateway = asker.gateways.get(name)
    try:
        code = (
            gateway.refund(order, f"{order.key}R{refund_id}", amount, by, asker.now(), again=again) if gateway else None
        )
    except CannotRefund:
        code = None
    except Refused as error:
        with asker.database.unit_of_work() as session:
            refunds.leave_to_people(session, refund_id, error.code)
        return True
    except SendingError as error:  # its lease ends, then it is told again under the same key; not for ever
        _log.warning("refund_not_told", refund=refund_id, gateway=name, code=error.code)
        with asker.database.unit_of_work() as session:
            refunds.note_trouble(session, refund_id, error.code, asker.now())
        return False
    with asker.database.unit_of_work() as session:
        if code is None:  # somebody pays it out and says so
            refunds.leave_to_people(session, refund_id, None)
        else:
            refunds.finish(session, refund_id, code, None, asker.now())
    return True
