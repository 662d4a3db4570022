"""What the head of a unit is asked to do, because nobody else may: a second supplement, a later day."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.lifecycle import TRANSITIONS, Action
from portal.cases.models import Case, CaseEvent
from portal.cases.move import Move
from portal.cases.words import ACTION_NAMES
from portal.identity.models import Role
from portal.identity.queries import deputies, holders
from portal.notifications.actions import notify_staff


def last_petition(session: Session, case: Case) -> CaseEvent | None:
    """The event that asked what is open now, with what was asked in its details; None where nothing is."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event == TRANSITIONS[Action.PETITION].event)
    return session.scalar(query.order_by(CaseEvent.number.desc()).limit(1)) if case.petition else None


def drop(move: Move) -> None:
    """Nothing is asked any more; who had asked is kept for `tell_petitioner`."""
    asked = last_petition(move.session, move.case)
    move.petitioner_id = asked.actor_id if asked else None
    move.case.petition = None


def tell_head(move: Move, event_id: int) -> None:
    """Put what is asked into the inbox of the heads of whoever has the case."""
    case, day = move.case, local_day(move.now)
    agency_key = case.stage_agency_key or case.agency_key
    heads = {person.id for ask in (holders, deputies) for person in ask(move.session, agency_key, Role.HEAD, day)}
    what = ACTION_NAMES[Action(move.details["petition"])].lower()
    _tell(move, event_id, heads, f"Hồ sơ {case.reference}: đề nghị bạn quyết định việc {what}.")


def tell_petitioner(move: Move, event_id: int) -> None:
    """Tell whoever asked that the head does not agree; why stands in the case."""
    people = [move.petitioner_id] if move.petitioner_id else []
    _tell(move, event_id, people, f"Hồ sơ {move.case.reference}: lãnh đạo phòng không đồng ý đề nghị của bạn.")


def _tell(move: Move, event_id: int, people: Iterable[int], text: str) -> None:
    case = move.case
    others = {account_id for account_id in people if account_id != move.by.account_id}
    notify_staff(move.session, move.transition.event, event_id, case.id, case.reference, others, text, move.now)
