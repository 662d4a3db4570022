"""Reasons in ready words: those of the province and those of an agency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.desk.models import Reason
from services_catalog.text import nfc


class ReasonKind(StrEnum):
    """What a reason is for; beside papers these are actions on cases."""

    PAPER = "paper"
    DECLINE = "decline"
    SEND_BACK = "send_back"
    RESCHEDULE = "reschedule"
    DISCONTINUE = "discontinue"


REASON_NAMES = {
    ReasonKind.PAPER: "Giấy tờ cần sửa",
    ReasonKind.DECLINE: "Từ chối tiếp nhận",
    ReasonKind.SEND_BACK: "Trả lại bước trước",
    ReasonKind.RESCHEDULE: "Xin lỗi và hẹn lại",
    ReasonKind.DISCONTINUE: "Dừng xử lý",
}
_LONGEST = 500


def reasons_for(session: Session, agency_keys: Collection[str]) -> dict[str, list[str]]:
    """The words to choose from at these agencies, by kind; the agency's own come first."""
    here = or_(Reason.agency_key.is_(None), Reason.agency_key.in_(agency_keys))
    query = select(Reason.kind, Reason.text).where(Reason.is_active, here)
    found: dict[str, list[str]] = {}
    for kind, text in session.execute(query.order_by(Reason.agency_key.is_(None), Reason.id)):
        if text not in found.setdefault(kind, []):
            found[kind].append(text)
    return found


def reasons_of(session: Session, agency_key: str | None) -> Sequence[Reason]:
    """The reasons that an agency keeps, or (None) the province."""
    query = select(Reason).where(Reason.agency_key == agency_key, Reason.is_active).order_by(Reason.kind, Reason.id)
    return session.scalars(query).all()


def add(session: Session, agency_key: str | None, kind: str, text: str) -> Reason:
    """A new reason. Raises `Invalid`."""
    errors = {}
    if kind not in set(ReasonKind):
        errors["kind"] = "Hãy chọn loại lý do."
    if not (text := nfc(text)) or len(text) > _LONGEST:
        errors["text"] = f"Hãy ghi lý do, không quá {_LONGEST} ký tự."
    if errors:
        raise Invalid(errors)
    reason = Reason(agency_key=agency_key, kind=kind, text=text)
    session.add(reason)
    session.flush()
    return reason


def retire(session: Session, reason_id: int, agency_key: str | None) -> Reason:
    """Offer a reason no longer; what was written with it stays. Raises `NotFound`."""
    reason = session.get(Reason, reason_id, with_for_update=True)
    if reason is None or reason.agency_key != agency_key:
        raise NotFound("Không tìm thấy lý do này.")
    reason.is_active = False
    return reason
