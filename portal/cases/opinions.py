"""Opinions of other agencies: asked in parallel, each with its own due time; silence is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.words import when
from portal.cases.lifecycle import Action
from portal.cases.models import Case, Opinion
from portal.cases.move import Move, join_party
from portal.deadlines.calendars import calendar_of
from portal.identity.models import Role
from portal.identity.queries import deputies, holders
from portal.notifications.actions import notify_staff

AGREES, DISAGREES = "agree", "disagree"
_TOLD = (Role.CASE_OFFICER, Role.HEAD)


def opinions_of(session: Session, case: Case) -> Sequence[Opinion]:
    """All that was asked, in the order of asking."""
    return session.scalars(select(Opinion).where(Opinion.case_id == case.id).order_by(Opinion.id)).all()


def ask(move: Move) -> None:
    """Ask one agency, or several at once; each answers within so many working days of its own calendar."""
    case, now = move.case, move.now
    for name in ("agency", "agency_2", "agency_3"):
        key = move.details.get(name)
        if not key or key in case.asked_keys:
            continue
        due_at = calendar_of(move.session, key).add_working_days(now, int(move.details["days"]))
        move.session.add(
            Opinion(case_id=case.id, agency_key=key, question=move.details["question"], asked_by=move.by.account_id,
                    asked_at=now, due_at=due_at)
        )  # fmt: skip
        case.asked_keys = [*case.asked_keys, key]
        case.opinion_due_at = min(due_at, case.opinion_due_at or due_at)
        join_party(move.session, case, key)


def answer(move: Move) -> None:
    """Record what the agency says."""
    opinion = _open(move)
    opinion.answer, opinion.agrees = move.details["answer"], move.details["opinion"] == AGREES
    opinion.answered_by = move.by.account_id
    _close(move, opinion)


def close(move: Move) -> None:
    """Wait no longer for one agency."""
    _close(move, _open(move))


def close_all(session: Session, case: Case, now: datetime) -> None:
    """The case has ended: nobody needs the answers any more."""
    for opinion in opinions_of(session, case):
        opinion.closed_at = opinion.closed_at or now
    case.asked_keys, case.opinion_due_at = [], None


def overdue(session: Session, now: datetime, *, limit: int = 100) -> list[tuple[int, str]]:
    """Case and agency of the open opinions whose time is over."""
    query = select(Opinion.case_id, Opinion.agency_key).where(Opinion.closed_at.is_(None), Opinion.due_at < now)
    return [(row.case_id, row.agency_key) for row in session.execute(query.order_by(Opinion.due_at).limit(limit))]


def tell_asked(move: Move, event_id: int) -> None:
    """Put what is asked, or what came of it, into the inbox of those whom it concerns."""
    session, case = move.session, move.case
    if move.action is Action.CONSULT:
        for opinion in opinions_of(session, case):
            if opinion.closed_at is None and opinion.asked_at == move.now:
                people = _staff(session, opinion.agency_key, _TOLD, move.now)
                text = f"Hồ sơ {case.reference}: xin ý kiến, trả lời trước {when(opinion.due_at)}."
                notify_staff(session, f"case.consulted:{opinion.id}", event_id, case.id, case.reference, people, text,
                             move.now)  # fmt: skip
        return
    if case.assignee_id and case.assignee_id != move.by.account_id:
        said = "đã có ý kiến trả lời" if move.details.get("answer") else "không có ý kiến trả lời trong thời hạn"
        text = f"Hồ sơ {case.reference}: {said}. {'' if case.is_waiting else 'Không còn chờ cơ quan nào.'}".strip()
        notify_staff(session, move.transition.event, event_id, case.id, case.reference, {case.assignee_id}, text,
                     move.now)  # fmt: skip


def _staff(session: Session, agency_key: str, roles: Sequence[Role], now: datetime) -> set[int]:
    day = local_day(now)
    found = (
        account for role in roles for ask in (holders, deputies) for account in ask(session, agency_key, role, day)
    )
    return {account.id for account in found}


def _open(move: Move) -> Opinion:
    query = select(Opinion).where(
        Opinion.case_id == move.case.id, Opinion.agency_key == move.details["agency"], Opinion.closed_at.is_(None)
    )
    return move.session.scalars(query).one()


def _close(move: Move, opinion: Opinion) -> None:
    opinion.closed_at = move.now
    case = move.case
    case.asked_keys = [key for key in case.asked_keys if key != opinion.agency_key]
    left = select(func.min(Opinion.due_at)).where(Opinion.case_id == case.id, Opinion.closed_at.is_(None))
    move.session.flush()
    case.opinion_due_at = move.session.scalar(left)
