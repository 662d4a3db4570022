"""What officers write to each other about a case; "@login" calls a colleague."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Invalid, NotFound
from portal.cases.models import Case, CaseEvent
from portal.cases.permissions import works_with
from portal.desk.models import StaffNote
from portal.identity.actor import Actor, actor_for
from portal.identity.models import CASE_ROLES, Account, Position
from portal.notifications.actions import notify_staff
from services_catalog.text import nfc_lines

_CALL = re.compile(r"(?<![\w@])@([\w.-]+)")
_LONGEST = 5000


def write(session: Session, case_id: int, text: str, *, by: Actor, now: datetime) -> StaffNote:
    """Add a note. Whoever is called in it is told in the portal's inbox. Raises `Invalid`, `NotFound`."""
    case = session.get(Case, case_id)
    if case is None or not works_with(by, case):
        raise NotFound("Không tìm thấy hồ sơ.")
    text = nfc_lines(text)
    if not text or len(text) > _LONGEST:
        raise Invalid({"note": f"Hãy ghi nội dung, không quá {_LONGEST} ký tự."})
    called = _called(session, case, text, now)
    note = StaffNote(case_id=case.id, author_id=by.account_id, text=text, mentioned=sorted(called), at=now)
    session.add(note)
    session.flush()
    _tell(session, case, note, called - {by.account_id or 0}, by, now)
    return note


def notes_of(session: Session, case: Case) -> Sequence[StaffNote]:
    """The notes of a case, oldest first."""
    return session.scalars(select(StaffNote).where(StaffNote.case_id == case.id).order_by(StaffNote.id)).all()


def colleagues(session: Session, case: Case, now: datetime) -> dict[str, str]:
    """Login and name of everybody who may be called: staff of the agencies that take part."""
    day = local_day(now)
    query = select(Account).join(Position).where(
        Account.is_active, Position.agency_key.in_(case.party_keys), Position.role.in_(CASE_ROLES),
        Position.valid_from <= day, Position.valid_to.is_(None) | (Position.valid_to >= day),
    )  # fmt: skip
    people = session.scalars(query.order_by(Account.full_name).limit(300)).unique()
    return {account.login: account.full_name for account in people}


def _called(session: Session, case: Case, text: str, now: datetime) -> set[int]:
    """The accounts named in the text. Raises `Invalid` for a name that nobody has who may see the case."""
    logins = {login.lower().rstrip(".-") for login in _CALL.findall(text)}
    people = session.scalars(select(Account).where(Account.login.in_(logins), Account.is_active)).all()
    found = {p.login: p.id for p in people if _works_with(p, case, now)}
    if unknown := sorted(logins - set(found)):
        raise Invalid({"note": f"Không có đồng nghiệp nào của hồ sơ này tên đăng nhập “{unknown[0]}”."})
    return set(found.values())


def _works_with(account: Account, case: Case, now: datetime) -> bool:
    actor = actor_for(account, local_day(now))
    return works_with(actor, case)


def _tell(session: Session, case: Case, note: StaffNote, called: set[int], by: Actor, now: datetime) -> None:
    events = select(CaseEvent.id).where(CaseEvent.case_id == case.id)
    last = session.scalar(events.order_by(CaseEvent.id.desc()).limit(1))
    if called and last is not None:
        text = f"{by.name} nhắc bạn trong ghi chú nội bộ của hồ sơ {case.reference}."
        notify_staff(session, f"note.{note.id}", last, case.id, case.reference, called, text, now)
