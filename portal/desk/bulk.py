"""One action on several cases: what would happen to each, then doing it, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, Refusal
from portal.base.logs import logger
from portal.base.words import when
from portal.cases import assignment
from portal.cases.actions import perform
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.permissions import current_stage, may_do, works_with
from portal.cases.queries import Listed, listed
from portal.desk.looks import looked_at
from portal.identity import queries as identity
from portal.identity.actor import Actor
from portal.issuing.register import result_of
from portal.publishing import queries as publishing

_log = logger(__name__)
MOST = 100
# What may be done to several cases at once. What needs words for each case is done case by case.
ACTIONS = (Action.ACCEPT, Action.ASSIGN, Action.ENDORSE, Action.APPROVE, Action.ISSUE, Action.DELIVER)
# Nobody signs what they have not looked at.
AFTER_A_LOOK = frozenset({Action.ENDORSE, Action.APPROVE})

Writing = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Chosen:
    """A case of the selection: as it was seen, and why the action cannot be done to it, if so."""

    row: Listed
    obstacle: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a case: why nothing was done, or `said`, what there is to know (a number that was given)."""

    reference: str
    refusal: str | None
    said: str = ""


def preview(session: Session, actor: Actor, references: Sequence[str], action: Action, now: datetime) -> list[Chosen]:
    """What would happen to each case of the selection that this person may see, in the order in which it was made.

    Raises `Refusal` where too many are chosen or none.
    """
    if not references:
        raise Refusal("nothing_chosen", "Hãy chọn ít nhất một hồ sơ.")
    if len(references) > MOST:
        raise Refusal("too_many", f"Mỗi lần xử lý tối đa {MOST} hồ sơ.")
    found = {case.reference: case for case in session.scalars(select(Case).where(Case.reference.in_(references)))}
    cases = [found[r] for r in dict.fromkeys(references) if r in found and works_with(actor, found[r])]
    seen = looked_at(session, actor, [case.id for case in cases])
    return [Chosen(row, _obstacle(session, actor, row.case, action, seen, now)) for row in listed(session, cases)]


def run(
    writing: Writing, actor: Actor, chosen: Sequence[tuple[str, int]], action: Action, details: Mapping[str, str],
    now: datetime,
) -> list[Outcome]:  # fmt: skip
    """Do it to each (reference, version seen); what is refused for one does not touch the others."""
    done = []
    for reference, version in chosen[:MOST]:
        refusal, said = None, ""
        try:
            with writing() as session:
                said = _do(session, actor, reference, version, action, details, now)
        except Invalid as invalid:
            refusal = " ".join(invalid.errors.values())
        except Refusal as error:
            refusal = error.message
        except SQLAlchemyError as error:  # this one is left as it was; the others go on, and all are told of
            _log.error("bulk", error=type(error).__name__)
            refusal = "Hệ thống đang bận, hồ sơ chưa thay đổi. Hãy thử lại."
        done.append(Outcome(reference, refusal, said))
    return done


def officers_for(session: Session, chosen: Sequence[Chosen], now: datetime) -> dict[str, str]:
    """The people to whom all of these cases may be given."""
    common: set[int] | None = None
    for one in chosen:
        case = one.row.case
        stage = current_stage(case, publishing.version(session, case.version_id).workflow)
        if one.obstacle or stage is None or case.stage_agency_key is None:
            continue
        able = set(assignment.candidates(session, case, case.stage_agency_key, stage, now))
        common = able if common is None else common & able
    names = identity.names(session, common or ())
    return {str(account_id): names[account_id] for account_id in sorted(names, key=names.__getitem__)}


def _do(
    session: Session, actor: Actor, reference: str, version: int, action: Action, details: Mapping[str, str],
    now: datetime,
) -> str:  # fmt: skip
    case = session.scalar(select(Case).where(Case.reference == reference))
    if case is None or not works_with(actor, case):
        raise Refusal("not_found", "Không tìm thấy hồ sơ.")
    if action in AFTER_A_LOOK and case.id not in looked_at(session, actor, [case.id]):
        raise Refusal("not_looked_at", _NOT_SEEN)
    perform(session, case.id, action, by=actor, now=now, details=details, expected_version=version)
    if action is Action.ACCEPT and case.due_at:
        return f"hẹn trả {when(case.due_at)}"
    result = result_of(session, case.id) if action is Action.ISSUE else None
    return f"số {result.sign}" if result else ""


_NOT_SEEN = "Bạn chưa xem dự thảo của hồ sơ này. Hãy mở xem rồi chọn lại."


def _obstacle(session: Session, actor: Actor, case: Case, action: Action, seen: set[int], now: datetime) -> str | None:
    if not may_do(actor, action, case, publishing.version(session, case.version_id).workflow, now):
        return "Không làm được việc này với hồ sơ ở tình trạng hiện nay."
    return _NOT_SEEN if action in AFTER_A_LOOK and case.id not in seen else None
