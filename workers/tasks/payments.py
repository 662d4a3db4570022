"""Money: cases that go on once they are paid, receipts, and asking gateways about what was not heard of."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.cases import automatic, paying, receipt_paper
from portal.payments import asking, providing, receipts
from portal.payments.models import Payment, PaymentReceipt, Refund
from workers.context import Context
from workers.tasks.listener import listener
from workers.tasks.timed import timed


@listener("payments.go_on")
def go_on(context: Context, session: Session, payment_id: int) -> None:
    """Money has come: the case that waited for it goes on."""
    case_id = session.get_one(Payment, payment_id).case_id
    if not automatic.paid(session, case_id, now()):
        automatic.tell_of_money(session, case_id, "case.money_received", now())


@listener("payments.settle")
def settle(context: Context, session: Session, case_id: int) -> None:
    """What is asked for was paid before."""
    automatic.paid(session, case_id, now())


@listener("payments.tell_refused")
def tell_refused(context: Context, session: Session, payment_id: int) -> None:
    """A transfer that the payer has reported is not there."""
    automatic.tell_of_money(session, session.get_one(Payment, payment_id).case_id, "case.transfer_not_found", now())


@listener("payments.tell_refunded")
def tell_refunded(context: Context, session: Session, refund_id: int) -> None:
    """Money has gone back."""
    automatic.tell_of_money(session, session.get_one(Refund, refund_id).case_id, "case.refunded", now())


@listener("payments.issue_receipt")
def issue_receipt(context: Context, session: Session, payment_id: int) -> None:
    """Issue the receipt of a payment."""
    payment = session.get_one(Payment, payment_id)
    env = context.settings.gateways
    receipts.issue(session, payment, paying.receipt_facts(session, payment, env), env, now())


@listener("payments.make_receipt")
def make_receipt(context: Context, session: Session, receipt_id: int) -> None:
    """Make, sign and keep the paper of a receipt."""
    found = session.get_one(PaymentReceipt, receipt_id, with_for_update=True)
    receipt_paper.make_receipt(session, context.tools, found, now())


@listener("payments.ask")
def ask(context: Context, session: Session, payment_id: int) -> Callable[[], None]:
    """Somebody has come back from a gateway: ask it at once, without waiting for its notification."""

    def after() -> None:
        asking.ask_about(context.payments, payment_id)

    return after


@timed("payments.ask_due")
def ask_due(context: Context) -> None:
    """Ask about payments of which nothing was heard."""
    asking.ask_due(context.payments)


@timed("payments.refund_due")
def refund_due(context: Context) -> None:
    """Tell gateways of refunds."""
    asking.refund_due(context.payments)


@timed("payments.provide_due")
def provide_due(context: Context) -> None:
    """Hand receipts to their provider."""
    if context.receipts is not None:
        providing.provide_due(context.database, context.receipts, now)
