"""What accountants look at: payments, refunds, what was paid too much, sums of days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.payments.models import (
    Credit,
    GatewayReport,
    LedgerEntry,
    Payment,
    PaymentReceipt,
    PaymentState,
    Refund,
    RefundState,
)

STATE_WORDS = {
    PaymentState.PENDING: "Đang chờ",
    PaymentState.CLAIMED: "Người nộp báo đã chuyển",
    PaymentState.PAID: "Đã nộp",
    PaymentState.FAILED: "Không thành công",
    PaymentState.EXPIRED: "Hết hạn",
}
REFUND_WORDS = {
    RefundState.ASKED: "Chờ duyệt",
    RefundState.REFUSED: "Không duyệt",
    RefundState.APPROVED: "Đã duyệt, đang trả",
    RefundState.DONE: "Đã trả",
}
_SUSPICIOUS = ("forged", "wrong_amount", "unknown")
_ZONE = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True)
class DayTotal:
    """What an agency took in on a local day by one way, in đồng."""

    day: date
    agency_key: str
    gateway: str
    count: int
    total_vnd: int


def scope(actor: Actor) -> list[str] | None:
    """The agencies whose money this accountant looks after; None: all."""
    if actor.has_everywhere(Role.ACCOUNTANT):
        return None
    return sorted(agency for agency, role in actor.roles if role is Role.ACCOUNTANT)


def payments(
    session: Session, keys: Collection[str] | None, state: str = "", before: int | None = None, limit: int = 50
) -> Sequence[Payment]:
    """Payments to these agencies, the newest first; `before` is the number of one."""
    query = select(Payment).order_by(Payment.id.desc()).limit(limit)
    query = query.where(Payment.agency_key.in_(keys)) if keys is not None else query
    query = query.where(Payment.state == state) if state else query
    return session.scalars(query.where(Payment.id < before) if before is not None else query).all()


def refunds(session: Session, keys: Collection[str] | None, limit: int = 100) -> Sequence[Refund]:
    """Refunds of these agencies: what waits first, then the newest."""
    query = select(Refund).order_by(
        Refund.state.in_((RefundState.ASKED, RefundState.APPROVED)).desc(), Refund.id.desc()
    )
    query = query.where(Refund.agency_key.in_(keys)) if keys is not None else query
    return session.scalars(query.limit(limit)).all()


def overpaid(session: Session, keys: Collection[str] | None, limit: int = 100) -> list[tuple[int, int]]:
    """(case, đồng too much) of cases that have paid more than they owed, less what is asked to go back; without those
    of which somebody has decided that it stays.
    """
    under_way = select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
        Refund.case_id == LedgerEntry.case_id, Refund.state.in_((RefundState.ASKED, RefundState.APPROVED))
    )
    total = func.sum(LedgerEntry.amount_vnd) + under_way.scalar_subquery()
    kept = select(Credit.id).where(Credit.case_id == LedgerEntry.case_id, Credit.amount_vnd == -total)
    query = select(LedgerEntry.case_id, -total).group_by(LedgerEntry.case_id).having(total < 0, ~kept.exists())
    query = query.limit(limit)
    if keys is not None:
        query = query.where(LedgerEntry.case_id.in_(select(Payment.case_id).where(Payment.agency_key.in_(keys))))
    return [(int(case_id), int(amount)) for case_id, amount in session.execute(query)]


def day_totals(session: Session, keys: Collection[str] | None, since: datetime) -> list[DayTotal]:
    """What came in on each day, by agency and way, the newest day first."""
    local_day = cast(func.timezone(_ZONE, Payment.paid_at), Date)
    query = (
        select(local_day, Payment.agency_key, Payment.gateway, func.count(), func.sum(Payment.amount_vnd))
        .where(Payment.state == PaymentState.PAID, Payment.paid_at > since)
        .group_by(local_day, Payment.agency_key, Payment.gateway)
        .order_by(local_day.desc(), Payment.agency_key, Payment.gateway)
    )
    query = query.where(Payment.agency_key.in_(keys)) if keys is not None else query
    return [DayTotal(day, key, way, int(count), int(total)) for day, key, way, count, total in session.execute(query)]


def suspicious(session: Session, since: datetime, limit: int = 20) -> Sequence[GatewayReport]:
    """What was said in the name of a gateway and refused, the newest first."""
    query = select(GatewayReport).where(GatewayReport.verdict.in_(_SUSPICIOUS), GatewayReport.at > since)
    return session.scalars(query.order_by(GatewayReport.id.desc()).limit(limit)).all()


def to_do(session: Session, keys: Collection[str] | None) -> dict[str, int]:
    """How much waits for an accountant: transfers to look for, refunds to decide, refunds to pay out."""
    claimed = select(func.count()).select_from(Payment).where(Payment.state == PaymentState.CLAIMED)
    asked = select(func.count()).select_from(Refund).where(Refund.state == RefundState.ASKED)
    by_hand = (
        select(func.count()).select_from(Refund).where(Refund.state == RefundState.APPROVED, Refund.ask_at.is_(None))
    )
    if keys is not None:
        claimed = claimed.where(Payment.agency_key.in_(keys))
        asked, by_hand = (query.where(Refund.agency_key.in_(keys)) for query in (asked, by_hand))
    return {"claimed": session.scalar(claimed) or 0, "refunds": session.scalar(asked) or 0,
            "pay_out": session.scalar(by_hand) or 0}  # fmt: skip


def alarms(session: Session, now: datetime) -> list[str]:
    """What somebody should look at, in sentences."""
    found = []
    if forged := len(suspicious(session, now - timedelta(days=1), 1000)):
        found.append(f"Thông báo thanh toán bị từ chối trong 24 giờ: {forged}. Kế toán tỉnh xem ở trang Thu phí.")
    late = (
        select(func.count())
        .select_from(Refund)
        .where(Refund.state == RefundState.APPROVED, Refund.decided_at < now - timedelta(days=1))
    )
    if count := session.scalar(late):
        found.append(f"Khoản hoàn tiền đã duyệt quá một ngày chưa trả: {count}.")
    refused = (
        select(func.count())
        .select_from(PaymentReceipt)
        .where(PaymentReceipt.provider_code.is_not(None), PaymentReceipt.issued_at < now - timedelta(hours=1))
    )
    if count := session.scalar(refused):
        found.append(f"Biên lai nhà cung cấp chưa nhận quá một giờ: {count}.")
    return found


def may_see(actor: Actor, agency_key: str) -> bool:
    """True if the money of this agency is the accountant's business."""
    keys = scope(actor)
    return keys is None or agency_key in keys
