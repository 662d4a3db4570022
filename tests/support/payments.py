"""The payment gateways as stand-ins, and clients that talk to them; a case that is to be paid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.cases import paying
from portal.cases.lifecycle import Action
from portal.cases.models import Case, CaseEvent
from portal.gateways.payments import PaymentGateway, Said, Verdict, gateways_from
from portal.payments import actions, asking, ledger
from portal.payments.models import Payment
from portal.standins.national_payments import NationalPayments
from portal.standins.vnpay import Vnpay
from portal.standins.vnpt_receipts import VnptReceipts
from portal.standins.web import Web
from tests.support.desk import Desk


@dataclass
class Till:
    """All of them on loopback."""

    web: Web = field(default_factory=Web)

    def __post_init__(self) -> None:
        self.vnpay, self.national, self.receipts = Vnpay(self.web), NationalPayments(self.web), VnptReceipts(self.web)
        self.national.back = "http://cong.example/nop-tien/ve/national"
        self.gateways: dict[str, PaymentGateway] = gateways_from(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which gateways find them."""
        national, receipts = self.national.url, self.receipts.url
        return {
            "PAY_GATEWAYS": "vnpay,national,vietqr", "PAY_VNPAY_PAY_URL": self.vnpay.pay_url,
            "PAY_VNPAY_API_URL": self.vnpay.api_url, "PAY_VNPAY_TMN_CODE": "LANGSON1", "PAY_VNPAY_HASH_SECRET": "s",
            "PAY_NATIONAL_INIT_URL": f"{national}/init", "PAY_NATIONAL_QUERY_URL": f"{national}/query",
            "PAY_NATIONAL_BILL_URL": f"{national}/bill", "PAY_NATIONAL_PARTNER": "LANGSON", "PAY_NATIONAL_SECRET": "s",
            "PAY_VIETQR_ACCOUNTS": "*:970436:1234567890:UBND;so-noi-vu:970415:99:SO NOI VU",
            "RECEIPT_PROVIDER": "vnpt", "RECEIPT_TAX_CODES": "*:4900000000",
            **{f"RECEIPT_VNPT_{part.upper()}_URL": f"{receipts}/{part}" for part in ("publish", "business", "portal")},
            "RECEIPT_VNPT_ACCOUNT": "a", "RECEIPT_VNPT_ACPASS": "p", "RECEIPT_VNPT_USER": "u",
            "RECEIPT_VNPT_PASSWORD": "p", "RECEIPT_VNPT_PATTERN": "01BLP", "RECEIPT_VNPT_SERIAL": "TT-26E",
        }  # fmt: skip

    def asker(self, desk: Desk) -> asking.Asker:
        """What asks these gateways, at the desk's time."""
        return asking.Asker(desk.database, self.gateways, lambda: desk.now)


@contextmanager
def running_till() -> Iterator[Till]:
    """The stand-ins until the end of the block."""
    till = Till()
    yield till
    for gateway in till.gateways.values():
        gateway.close()  # type: ignore[attr-defined]
    till.web.close()


def case_to_pay(desk: Desk, charge: int = 8000, fee: int = 0) -> Case:
    """A case whose officer asks for money."""
    details = {"charge": str(charge), "fee": str(fee), "request": "Lệ phí hộ tịch."}
    return desk.do(desk.case_at(Action.ROUTE), "chuyenvien", Action.REQUEST_PAYMENT, details=details)


def begin(desk: Desk, till: Till, case: Case, way: str) -> Payment:
    """The applicant begins to pay, up to the address of the gateway."""
    with desk.database.unit_of_work() as session:
        owed = paying.require_payable(session, session.get_one(Case, case.id))
        begun = actions.begin(session, owed, till.gateways[way], by=desk.actor("congdan"), now=desk.now)
    order = actions.order_of(begun, owed, return_url="http://cong.example/nop-tien/ve/vnpay")
    started = till.gateways[way].start(order)
    with desk.database.unit_of_work() as session:
        begun = actions.locked(session, begun.id)
        begun.url, begun.qr = started.url or None, started.qr or None
    return begun


def deliver(desk: Desk) -> None:
    """What the workers do with what was announced: each listener of payments, and twice, as it may happen."""
    from portal.cases import automatic
    from portal.payments import receipts

    with desk.database.unit_of_work() as session:
        paid = session.query(Payment).filter(Payment.state == "paid").order_by(Payment.id).all()
        numbers = [(payment.id, payment.case_id) for payment in paid]
    for payment_id, case_id in numbers * 2:
        with desk.database.unit_of_work() as session:
            automatic.paid(session, case_id, desk.now)
            payment = session.get_one(Payment, payment_id)
            receipts.issue(session, payment, paying.receipt_facts(session, payment, {}), {}, desk.now)


def fresh(desk: Desk, case: Case) -> Case:
    """The case as it is now."""
    with desk.database.unit_of_work() as session:
        return session.get_one(Case, case.id)


def payment(desk: Desk, known: Payment) -> Payment:
    """The payment as it is now."""
    with desk.database.unit_of_work() as session:
        return session.get_one(Payment, known.id)


def balance(desk: Desk, case: Case) -> int:
    """What the case owes."""
    with desk.database.unit_of_work() as session:
        return ledger.balance(session, case.id)


def confirmations(desk: Desk, case: Case) -> int:
    """How often the case has gone on because of money."""
    with desk.database.unit_of_work() as session:
        query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event == "case.payment_confirmed")
        return len(session.scalars(query).all())


def told(desk: Desk, till: Till, known: Payment, **changed: str) -> Verdict:
    """VNPAY notifies, as the web takes it."""
    outcome = till.gateways["vnpay"].read(Said(till.vnpay.ipn(known.key, **changed)))
    with desk.database.unit_of_work() as session:
        return actions.take(session, "vnpay", outcome, desk.now)


def agree(desk: Desk) -> None:
    """Ledger, receipts and cases agree."""
    with desk.database.unit_of_work() as session:
        assert paying.mistakes(session) == []
