"""Handing receipts to the provider that signs them for the tax office, and cancelling them there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from portal.base.clock import local_day
from portal.base.db import Database, claim_due
from portal.base.logs import logger
from portal.gateways.messages import SendingError, WrongMessage
from portal.gateways.receipts import ReceiptOrder, ReceiptProvider
from portal.payments.models import PaymentReceipt, ReceiptState

_LEASE, _TRY_AGAIN = timedelta(minutes=2), timedelta(minutes=10)
_log = logger(__name__)


def provide_due(database: Database, provider: ReceiptProvider, now: Callable[[], datetime], *, most: int = 100) -> int:
    """Issue or cancel what is waiting at the provider, one after the other; returns how many. Any number may run."""
    for count in range(most):
        with database.unit_of_work() as session:
            found = claim_due(session, PaymentReceipt, PaymentReceipt.send_at, now(), _LEASE)
            if found is None:
                return count
            receipt_id, is_issued = found.id, found.state == ReceiptState.ISSUED
            order = _order(found)
        try:
            number = provider.issue(order) if is_issued else None
            if not is_issued:
                provider.cancel(order.key)
        except SendingError as error:
            _log.warning("receipt_not_provided", receipt=receipt_id, code=error.code)
            _note(database, receipt_id, is_issued, None, error.code, now() + _TRY_AGAIN)
            if not isinstance(error, WrongMessage):
                return count + 1  # it gives no answer: the others wait for the next round
            continue
        _note(database, receipt_id, is_issued, number, None, None)
    return most


def _note(
    database: Database, receipt_id: int, was_issued: bool, number: str | None, code: str | None,
    again_at: datetime | None,
) -> None:  # fmt: skip
    with database.unit_of_work() as session:
        found = session.get_one(PaymentReceipt, receipt_id, with_for_update=True)
        found.provider_number, found.provider_code = number or found.provider_number, code
        if was_issued and found.state != ReceiptState.ISSUED:  # cancelled here while it was being issued there
            again_at = found.ended_at
        found.send_at = again_at


def _order(found: PaymentReceipt) -> ReceiptOrder:
    facts = found.facts
    on: date = local_day(found.issued_at)
    key = f"{found.agency_key}-{found.year}-{found.number}"
    lines = [(one["label"], int(one["amount_vnd"])) for one in facts["lines"]]
    return ReceiptOrder(key, facts["payer"], facts.get("address", ""), on, lines, facts["total_vnd"], facts["in_words"])
