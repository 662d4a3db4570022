"""The ledger: what cases owe and what was paid. Entries are only added, each under a key that exists once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.payments.models import Bill, BillState, EntryKind, LedgerEntry, Payment, PaymentState, Refund, RefundState
from services_catalog.fees import FeeLine
from services_catalog.terms import FeeKind

FEE, CHARGE, POSTAGE = FeeKind.FEE.value, FeeKind.CHARGE.value, "postage"
KIND_WORDS = {FEE: "Phí", CHARGE: "Lệ phí", POSTAGE: "Cước bưu chính"}


def line(kind: str, label: str, amount_vnd: int, full_vnd: int | None = None, because: str = "") -> dict[str, Any]:
    """A line of a bill, as it is kept."""
    full = amount_vnd if full_vnd is None else full_vnd
    return {"kind": kind, "label": label, "full_vnd": full, "amount_vnd": amount_vnd, "because": because}


def lines_of(assessed: Iterable[FeeLine]) -> list[dict[str, Any]]:
    """What the rules say, as lines of a bill. A fee of no kind is taken for a lệ phí, which is what most are."""
    return [line((one.kind or FeeKind.CHARGE).value, one.label, one.amount_vnd, one.full_vnd, one.because)
            for one in assessed]  # fmt: skip


def add(session: Session, key: str, case_id: int, kind: EntryKind, amount_vnd: int, actor_id: int | None,
        now: datetime) -> bool:  # fmt: skip
    """Add an entry. False where it is there already."""
    row = insert(LedgerEntry).values(
        key=key, case_id=case_id, kind=kind, amount_vnd=amount_vnd, actor_id=actor_id, at=now
    )
    return session.execute(row.on_conflict_do_nothing().returning(LedgerEntry.id)).first() is not None


def balance(session: Session, case_id: int) -> int:
    """What the case still owes; below 0: what was paid too much."""
    return int(
        session.scalar(select(func.coalesce(func.sum(LedgerEntry.amount_vnd), 0)).where(LedgerEntry.case_id == case_id))
        or 0
    )


def entries_of(session: Session, case_id: int) -> Sequence[LedgerEntry]:
    """The account of a case, the first entry first."""
    return session.scalars(select(LedgerEntry).where(LedgerEntry.case_id == case_id).order_by(LedgerEntry.id)).all()


def open_bill(session: Session, case_id: int) -> Bill | None:
    """What is asked of the applicant at the moment."""
    return session.scalar(select(Bill).where(Bill.case_id == case_id, Bill.state == BillState.OPEN))


def last_bill(session: Session, case_id: int) -> Bill | None:
    """The newest that was not cancelled."""
    query = select(Bill).where(Bill.case_id == case_id, Bill.state != BillState.CANCELLED).order_by(Bill.id.desc())
    return session.scalar(query.limit(1))


def ask(
    session: Session, case_id: int, agency_key: str, lines: Sequence[dict[str, Any]], actor_id: int | None,
    now: datetime,
) -> Bill:  # fmt: skip
    """Make a bill, in place of one that is open. What was paid before counts. The caller holds the case's lock."""
    cancel_open(session, case_id, actor_id, now)
    total = sum(int(one["amount_vnd"]) for one in lines)
    bill = Bill(case_id=case_id, agency_key=agency_key, lines=list(lines), total_vnd=total, made_by=actor_id,
                made_at=now)  # fmt: skip
    session.add(bill)
    session.flush()
    add(session, f"bill-{bill.id}", case_id, EntryKind.BILLED, total, actor_id, now)
    settle(session, case_id, now)
    return bill


def cancel_open(session: Session, case_id: int, actor_id: int | None, now: datetime) -> None:
    """The open bill, if there is one, is not asked for any more; what was paid of it is too much now."""
    if bill := open_bill(session, case_id):
        bill.state, bill.ended_at = BillState.CANCELLED, now
        session.flush()
        add(session, f"cancelled-{bill.id}", case_id, EntryKind.CANCELLED, -bill.total_vnd, actor_id, now)
    _call_off(session, case_id)


def settle(session: Session, case_id: int, now: datetime) -> bool:
    """True if nothing is owed: the open bill, if there is one, is settled by that."""
    if balance(session, case_id) > 0:
        return False
    if bill := open_bill(session, case_id):
        bill.state, bill.ended_at = BillState.SETTLED, now
        session.flush()
    _call_off(session, case_id)
    return True


def billed(session: Session, case_id: int) -> dict[str, int]:
    """What the case was asked for and has paid already, by kind."""
    sums = dict.fromkeys(KIND_WORDS, 0)
    for bill in session.scalars(select(Bill).where(Bill.case_id == case_id, Bill.state == BillState.SETTLED)):
        for one in bill.lines:
            sums[one["kind"]] += int(one["amount_vnd"])
    return sums


def _call_off(session: Session, case_id: int) -> None:
    """Nothing is owed any more: tries that are under way invite nobody to pay twice. If money comes, it is taken."""
    query = select(Payment).where(Payment.case_id == case_id, Payment.state == PaymentState.PENDING)
    for payment in session.scalars(query.with_for_update(skip_locked=True)):
        payment.state = PaymentState.EXPIRED


def mistakes(session: Session) -> list[str]:
    """Where bills, payments and refunds do not agree with the entries; empty where they do."""
    return [*_mistakes_of_bills(session), *_mistakes_of_payments(session), *_mistakes_of_refunds(session)]


def _amounts(session: Session) -> dict[str, int]:
    return {row.key: row.amount_vnd for row in session.execute(select(LedgerEntry.key, LedgerEntry.amount_vnd))}


def _mistakes_of_bills(session: Session) -> list[str]:
    entries, found = _amounts(session), []
    for bill in session.scalars(select(Bill)):
        if bill.total_vnd != sum(int(one["amount_vnd"]) for one in bill.lines):
            found.append(f"bill {bill.id}: lines do not add up")
        if entries.get(f"bill-{bill.id}") != bill.total_vnd:
            found.append(f"bill {bill.id}: not in the ledger as it is")
        expected = -bill.total_vnd if bill.state == BillState.CANCELLED else None
        if entries.get(f"cancelled-{bill.id}") != expected:
            found.append(f"bill {bill.id}: state and ledger differ")
    return found


def _mistakes_of_payments(session: Session) -> list[str]:
    entries = _amounts(session)
    known = {payment.id: payment for payment in session.scalars(select(Payment))}
    found = [
        f"payment {number}: state and ledger differ"
        for number, payment in known.items()
        if entries.get(f"paid-{number}") != (-payment.amount_vnd if payment.state == PaymentState.PAID else None)
    ]
    kept = [key for key in entries if key.startswith("paid-") and int(key.removeprefix("paid-")) not in known]
    found += [f"{key}: no such payment" for key in kept]
    owners = {f"bill-{n}" for n in session.scalars(select(Bill.id))}
    owners |= {f"cancelled-{n}" for n in session.scalars(select(Bill.id))} | {f"paid-{n}" for n in known}
    for number in session.scalars(select(Refund.id)):
        owners |= {f"refunded-{number}", f"let-go-{number}"}
    return found + [f"{key}: nobody's entry" for key in sorted(set(entries) - owners) if not key.startswith("paid-")]


def _mistakes_of_refunds(session: Session) -> list[str]:
    entries, found = _amounts(session), []
    given: dict[int, int] = {}
    for refund in session.scalars(select(Refund)):
        is_decided = refund.state in (RefundState.APPROVED, RefundState.DONE)
        given[refund.payment_id] = given.get(refund.payment_id, 0) + (refund.amount_vnd if is_decided else 0)
        expected = refund.amount_vnd if refund.state == RefundState.DONE else None
        if entries.get(f"refunded-{refund.id}") != expected:
            found.append(f"refund {refund.id}: state and ledger differ")
    for payment in session.scalars(select(Payment).where(Payment.id.in_(given))):
        if given[payment.id] > (payment.amount_vnd if payment.state == PaymentState.PAID else 0):
            found.append(f"payment {payment.id}: more is given back than was paid")
    return found
