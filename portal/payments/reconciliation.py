"""Reconciliation (đối soát): a day of a gateway, what it says and what we have. Comparing alters nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.base.clock import VIETNAM, local_day
from portal.base.errors import Invalid, NotFound, Refusal
from portal.identity.actor import Actor
from portal.payments.models import Payment, PaymentState, ReconciliationDay, ReconciliationRow
from portal.payments.statements import StatementRow
from services_catalog.text import nfc


class Difference(StrEnum):
    """How the two sides differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    TWICE = "twice"


WORDS = {
    Difference.MISSING_HERE: "Cổng thanh toán có, hệ thống chưa ghi nhận",
    Difference.MISSING_THERE: "Hệ thống có, cổng thanh toán không có",
    Difference.AMOUNT: "Lệch số tiền",
    Difference.TWICE: "Cổng thanh toán ghi hai lần",
}


@dataclass(frozen=True)
class Found:
    """One difference. An amount is None on the side that lacks it; `payment` is ours, if we know the key at all."""

    kind: Difference
    key: str
    here_vnd: int | None
    there_vnd: int | None
    payment: Payment | None
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """A day: how many agree and how much that is, and everything that does not."""

    matched: int
    matched_vnd: int
    differences: list[Found]

    @property
    def is_explained(self) -> bool:
        """True if a person has said something to each difference."""
        return all(one.note for one in self.differences)


def keep(session: Session, gateway: str, day: date, rows: Sequence[StatementRow], *, by: Actor, now: datetime
         ) -> ReconciliationDay:  # fmt: skip
    """Keep what the gateway says of a day, in place of an earlier file of it. Raises `Refusal` once it is closed."""
    if by.account_id is None:
        raise NotFound
    found = session.scalar(
        select(ReconciliationDay)
        .where(ReconciliationDay.gateway == gateway, ReconciliationDay.day == day)
        .with_for_update()
    )
    if found is not None and found.closed_at is not None:
        raise Refusal("closed", "Ngày này đã khóa sổ: không nhập lại được.")
    if found is None:
        found = ReconciliationDay(gateway=gateway, day=day, imported_at=now, imported_by=by.account_id, notes={})
        session.add(found)
        session.flush()
    else:
        session.execute(delete(ReconciliationRow).where(ReconciliationRow.day_id == found.id))
        found.imported_at, found.imported_by = now, by.account_id
    if rows:
        session.execute(insert(ReconciliationRow), [
            {"day_id": found.id, "key": row.key, "provider_id": row.provider_id, "amount_vnd": row.amount_vnd}
            for row in rows
        ])  # fmt: skip
    return found


def compare(session: Session, of_day: ReconciliationDay) -> Comparison:
    """Both sides of a day, matched by key. What we heard of on another day than the gateway matches all the same."""
    there: dict[str, list[int]] = {}
    for row in session.scalars(select(ReconciliationRow).where(ReconciliationRow.day_id == of_day.id)):
        there.setdefault(row.key, []).append(row.amount_vnd)
    begin = datetime.combine(of_day.day, time(), VIETNAM)
    paid = select(Payment).where(Payment.gateway == of_day.gateway, Payment.state == PaymentState.PAID)
    ours = {p.key: p for p in session.scalars(paid.where(Payment.paid_at >= begin, Payment.paid_at < begin + _DAY))}
    named = select(Payment).where(Payment.gateway == of_day.gateway, Payment.key.in_(set(there) - set(ours)))
    others = {payment.key: payment for payment in session.scalars(named)}
    elsewhere = set(_listed_on_other_days(session, of_day, {*ours, *there}))
    for key in elsewhere & (set(ours) - set(there)):
        del ours[key]
    matched, differences = [], []
    for key in sorted({*there, *ours}):
        payment = ours.get(key) or others.get(key)
        # Once here and once on another day is twice as well: paid again, or the file of another day.
        listed_there = there.get(key, []) * (2 if key in elsewhere else 1)
        kind = _difference(payment, listed_there)
        here = payment.amount_vnd if payment is not None and payment.state == PaymentState.PAID else None
        if kind is None:
            matched.append(here or 0)
        else:
            listed = sum(there[key]) if key in there else None
            differences.append(Found(kind, key, here, listed, payment, of_day.notes.get(key, "")))
    return Comparison(len(matched), sum(matched), differences)


def explain(session: Session, day_id: int, key: str, note: str) -> None:
    """Say why there is a difference, and what was done. Raises `Invalid`, `Refusal`."""
    found = day(session, day_id, lock=True)
    _require_open(found)
    if not (note := nfc(note)) or len(note) > 1000:
        raise Invalid({"note": "Hãy ghi nguyên nhân và cách xử lý."})
    found.notes = {**found.notes, key: note}


def close(session: Session, day_id: int, *, by: Actor, now: datetime) -> None:
    """Close the day, once everything that differs is explained. Raises `Refusal`."""
    found = day(session, day_id, lock=True)
    _require_open(found)
    if found.day >= local_day(now):
        raise Refusal("not_over", "Ngày này chưa hết: khóa sổ từ ngày hôm sau.")
    if not compare(session, found).is_explained:
        raise Refusal("not_explained", "Còn chênh lệch chưa có giải trình: chưa khóa sổ được.")
    found.closed_at, found.closed_by = now, by.account_id


def day(session: Session, day_id: int, *, lock: bool = False) -> ReconciliationDay:
    """A day. Raises `NotFound`."""
    found = session.get(ReconciliationDay, day_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("Không tìm thấy ngày đối soát này.")
    return found


def days(session: Session) -> Sequence[ReconciliationDay]:
    """The newest days."""
    query = select(ReconciliationDay).order_by(ReconciliationDay.day.desc(), ReconciliationDay.gateway)
    return session.scalars(query.limit(60)).all()


_DAY = timedelta(days=1)


def _listed_on_other_days(session: Session, of_day: ReconciliationDay, keys: set[str]) -> Sequence[str]:
    query = (
        select(ReconciliationRow.key)
        .join(ReconciliationDay, ReconciliationDay.id == ReconciliationRow.day_id)
        .where(
            ReconciliationDay.gateway == of_day.gateway,
            ReconciliationDay.id != of_day.id,
            ReconciliationRow.key.in_(keys),
        )
    )
    return session.scalars(query.distinct()).all()


def _difference(payment: Payment | None, listed: Sequence[int]) -> Difference | None:
    if payment is None or payment.state != PaymentState.PAID:
        return Difference.MISSING_HERE
    if not listed:
        return Difference.MISSING_THERE
    if len(listed) > 1:
        return Difference.TWICE
    return None if listed[0] == payment.amount_vnd else Difference.AMOUNT


def _require_open(found: ReconciliationDay) -> None:
    if found.closed_at is not None:
        raise Refusal("closed", "Ngày này đã khóa sổ.")
