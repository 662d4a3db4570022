"""Money and cases: what a case costs, what may be paid of it now, who collects it, the proof that all agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Forbidden, NotFound, Refusal
from portal.cases.lifecycle import State
from portal.cases.models import Case, CasePerson, PersonRole
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.payments import actions, ledger, queries, receipts
from portal.payments.actions import Payable
from portal.payments.models import Bill, BillState, Payment
from portal.publishing import queries as publishing
from services_catalog.fees import Claim, FeeLine, assess
from services_catalog.terms import Channel, FeeKind

# Who takes money at the counter.
_CASHIERS = (Role.RECEIVING_OFFICER, Role.ACCOUNTANT)
# Before a bill is made the applicant may pay what the rules say, if the rules leave no doubt.
_BEFORE = frozenset({State.SUBMITTED})


def claim_of(kept: Mapping[str, Any]) -> Claim:
    """What the applicant said of the fees, as a draft or a case keeps it."""
    return Claim(tuple(kept.get("fees", ())), kept.get("who", ""))


def assessed(session: Session, case: Case) -> list[FeeLine] | None:
    """What the rules say that this case costs; None where only an officer can tell."""
    fees = publishing.version(session, case.version_id).procedure.fees
    if not fees:
        return None
    return assess(fees, claim_of(case.fee_claim), local_day(case.submitted_at), Channel(case.channel))


def payable(session: Session, case: Case) -> Payable | None:
    """What may be paid now; None where nothing is. Before acceptance what the rules say, less what was paid, unless the
    applicant claims to pay less: that an officer looks at first.
    """
    owed, lines = ledger.balance(session, case.id), list[dict[str, Any]]()
    if bill := ledger.open_bill(session, case.id):
        lines = bill.lines
    elif case.state in _BEFORE and ledger.last_bill(session, case.id) is None and not claim_of(case.fee_claim).who:
        lines = ledger.lines_of(assessed(session, case) or ())
        owed += sum(int(one["amount_vnd"]) for one in lines)
    if owed <= 0:
        return None
    agency_key = bill.agency_key if bill else case.agency_key
    return Payable(case.id, case.reference, agency_key, owed, _facts(session, case, agency_key), tuple(lines))


def locked(session: Session, case_id: int) -> Case:
    """The case under its row lock: two people do not take the same money at once."""
    return session.get_one(Case, case_id, with_for_update=True, populate_existing=True)


def require_payable(session: Session, case: Case) -> Payable:
    """Like `payable`. Raises `Refusal` where nothing is to be paid."""
    found = payable(session, case)
    if found is None:
        raise Refusal("nothing_due", "Hồ sơ không còn khoản nào phải nộp.")
    return found


def may_collect(actor: Actor, case: Case) -> bool:
    """True for who takes money at the counter of an agency that has the case."""
    keys = {case.agency_key, case.stage_agency_key or case.agency_key}
    return case.applicant_id != actor.account_id and any(actor.has(role, key) for role in _CASHIERS for key in keys)


def require_collector(actor: Actor, case: Case) -> None:
    """Raises `Forbidden` for everybody else."""
    if not may_collect(actor, case):
        raise Forbidden("Chỉ bộ phận một cửa hoặc kế toán của cơ quan thụ lý mới thu tiền.")


def payment_of_case(session: Session, case: Case, payment_id: int) -> Payment:
    """A payment of this case. Raises `NotFound`."""
    found = session.get(Payment, payment_id)
    if found is None or found.case_id != case.id:
        raise NotFound("Không tìm thấy lần nộp tiền này.")
    return found


def payments_of(session: Session, case_id: int) -> list[Payment]:
    """Every try to pay, the newest first."""
    return list(session.scalars(select(Payment).where(Payment.case_id == case_id).order_by(Payment.id.desc())))


def ask_for(session: Session, case: Case, amounts: Mapping[str, int], actor_id: int | None, now: datetime) -> Bill:
    """Make the bill of a case from the amounts of an officer, by kind. What the rules say as well keeps its words."""
    lines: list[dict[str, Any]] = []
    rules = {line.kind or FeeKind.CHARGE: line for line in assessed(session, case) or ()}
    for kind, amount in amounts.items():
        rule = rules.get(FeeKind(kind)) if kind in set(FeeKind) else None
        if rule is not None and rule.amount_vnd == amount:
            lines += ledger.lines_of([rule])
        elif amount:
            lines.append(ledger.line(kind, ledger.KIND_WORDS[kind], amount))
    return ledger.ask(session, case.id, case.stage_agency_key or case.agency_key, lines, actor_id, now)


def bill_what_was_paid_before(session: Session, case: Case, actor_id: int | None, now: datetime) -> None:
    """With the acceptance what was paid before it becomes the fee of the case; the rules said how much."""
    lines = assessed(session, case)
    total = sum(line.amount_vnd for line in lines or ())
    if lines and 0 < total <= -ledger.balance(session, case.id) and ledger.last_bill(session, case.id) is None:
        ledger.ask(session, case.id, case.agency_key, ledger.lines_of(lines), actor_id, now)


def left_to_ask(session: Session, case: Case) -> list[dict[str, Any]]:
    """What the rules say that it costs, without the kinds that are paid already: what an officer may ask for."""
    done = ledger.billed(session, case.id)
    return [line for line in ledger.lines_of(assessed(session, case) or ()) if not done[line["kind"]]]


def pay_by_transfer(session: Session, case: Case, note: str, by: Actor, now: datetime) -> None:
    """The accountant says that the money of an open bill has come, by a way that the portal does not see."""
    if (owed := payable(session, case)) is not None:
        actions.take_transfer(session, owed, note, by=by, now=now)
    ledger.settle(session, case.id, now)


def _facts(session: Session, case: Case, agency_key: str) -> dict[str, str]:
    """Who pays for what, as the national platform names it."""
    procedure = publishing.version(session, case.version_id).procedure
    agency = session.get_one(Agency, agency_key)
    payer = session.get(CasePerson, (case.id, PersonRole.SUBMITTER))
    return {
        "MaHoSo": case.reference, "MaTTHC": procedure.code, "TenTTHC": procedure.short_name,
        "MaDVC": f"{procedure.code}.01", "TenDVC": procedure.short_name, "MaDonVi": agency.code or "",
        "TenDonVi": agency.name, "HoTenNguoiNop": payer.name if payer else case.contact_name,
        "SoCMNDNguoiNop": (payer.citizen_id if payer else None) or "",
        "DiaChiNguoiNop": (payer.address if payer else None) or "",
    }  # fmt: skip


def require_not_own(session: Session, actor: Actor, case_id: int) -> None:
    """Nobody decides about the money of their own case. Raises `Forbidden`."""
    if session.get_one(Case, case_id).applicant_id == actor.account_id:
        raise Forbidden("Bạn là người nộp hồ sơ này: kế toán khác quyết định.")


def overpaid(session: Session, keys: list[str] | None) -> list[tuple[int, int]]:
    """(case, đồng too much) about which an accountant decides: what is paid before acceptance is not too much."""
    found = queries.overpaid(session, keys)
    waiting = select(Case.id).where(Case.id.in_([case_id for case_id, _ in found]), Case.state == State.SUBMITTED)
    unasked = set(session.scalars(waiting.where(Case.id.not_in(select(Bill.case_id)))))
    return [(case_id, amount) for case_id, amount in found if case_id not in unasked]


def receipt_facts(session: Session, payment: Payment, env: Mapping[str, str]) -> dict[str, str]:
    """Who collects and who pays, for the receipt of a payment. The tax code of an agency is a setting."""
    case, agency = session.get_one(Case, payment.case_id), session.get_one(Agency, payment.agency_key)
    payer = session.get(CasePerson, (case.id, PersonRole.SUBMITTER))
    codes = dict(pair.split(":", 1) for pair in env.get("RECEIPT_TAX_CODES", "").split(",") if ":" in pair)
    return {
        "agency": agency.name, "tax_code": codes.get(agency.key, codes.get("*", "")), "reference": case.reference,
        "payer": payer.name if payer else case.contact_name, "address": (payer.address if payer else None) or "",
        "procedure": publishing.version(session, case.version_id).procedure.short_name,
    }  # fmt: skip


def mistakes(session: Session) -> list[str]:
    """Where money and cases do not agree; empty where they do."""
    found = [*ledger.mistakes(session), *receipts.mistakes(session)]
    waiting = select(Case.id).where(Case.state == State.PAYMENT)
    open_bills = select(Bill.case_id).where(Bill.state == BillState.OPEN)
    for case_id in session.scalars(waiting.where(Case.id.not_in(open_bills))):
        found.append(f"case {case_id}: waits for money that nobody has asked for")
    for case_id in session.scalars(open_bills.where(Bill.case_id.not_in(waiting))):
        found.append(f"case {case_id}: asks for money and does not wait for it")
    return found
