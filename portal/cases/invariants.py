"""What must be true of all cases at any moment. `flask cases verify` and the fault tests check every line of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.cases.chain import is_intact
from portal.cases.events import tells_applicant
from portal.cases.lifecycle import NOTES, PAUSED, TRANSITIONS, Action, State
from portal.cases.models import Case, CaseEvent, Opinion
from portal.issuing.models import OutgoingPaper
from portal.notifications.compose import told_events
from portal.notifications.models import Notice
from portal.outbox.models import OutboxMessage

_AT_ONCE = 500


@dataclass(frozen=True)
class Invariant:
    """A rule by name, and how the cases that break it are found."""

    name: str
    broken: Callable[[Session], list[str]]


def check(session: Session) -> dict[str, list[str]]:
    """References of the cases that break each rule, by the rule's name; all lists empty where all is well."""
    return {invariant.name: invariant.broken(session) for invariant in INVARIANTS}


def _chains(session: Session) -> list[str]:
    broken = []
    for batch in _batches(session):
        events = session.scalars(
            select(CaseEvent).where(CaseEvent.case_id.in_(batch)).order_by(CaseEvent.case_id, CaseEvent.number)
        ).all()
        by_case: dict[int, list[CaseEvent]] = {}
        for event in events:
            by_case.setdefault(event.case_id, []).append(event)
        broken += [reference for case_id, reference in batch.items() if not is_intact(by_case.get(case_id, []))]
        session.expunge_all()
    return broken


def _batches(session: Session) -> Iterator[dict[int, str]]:
    last = 0
    while True:
        rows = session.execute(
            select(Case.id, Case.reference).where(Case.id > last).order_by(Case.id).limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        yield {row.id: row.reference for row in rows}
        last = rows[-1].id


def _cases(where: Callable[[], ColumnElement[bool]]) -> Callable[[Session], list[str]]:
    return lambda session: list(session.scalars(select(Case.reference).where(where()).order_by(Case.id)))


def _last_event_differs() -> ColumnElement[bool]:
    last = aliased(CaseEvent)
    same = select(last.id).where(
        last.case_id == Case.id,
        last.number == Case.event_number,
        last.to_state == Case.state,
        last.to_stage.is_not_distinct_from(Case.stage),
    )
    return ~same.exists()


def _illegal_move() -> ColumnElement[bool]:
    legal = or_(
        *(
            and_(
                CaseEvent.event == t.event,
                CaseEvent.from_state.in_([*t.sources]),
                CaseEvent.to_state.in_([t.target or CaseEvent.from_state, *([t.or_back_to] if t.or_back_to else [])]),
            )
            for t in TRANSITIONS.values()
        ),
        and_(CaseEvent.event.in_(NOTES), CaseEvent.from_state == CaseEvent.to_state),
        and_(CaseEvent.event == "case.submitted", CaseEvent.number == 1, CaseEvent.to_state == State.SUBMITTED),
    )
    return select(CaseEvent.id).where(CaseEvent.case_id == Case.id, ~legal).exists()


def _stage_is_wrong() -> ColumnElement[bool]:
    parts = (Case.stage, Case.stage_role, Case.stage_does, Case.stage_agency_key)
    whole = and_(*(part.is_not(None) for part in parts))
    return or_(
        and_(Case.state == State.IN_PROCESS, ~whole), and_(Case.state != State.IN_PROCESS, Case.stage.is_not(None))
    )


def _times_are_wrong() -> ColumnElement[bool]:
    accepted = Case.state.in_([State.ACCEPTED, State.IN_PROCESS, State.ISSUING, State.FINISHED, State.RETURNED])
    finished = Case.state.in_([State.FINISHED, State.RETURNED])
    return or_(
        and_(accepted, Case.accepted_at.is_(None)),
        and_(finished, Case.finished_at.is_(None)),
        and_(Case.state.in_(PAUSED), Case.due_at.is_not(None)),
        Case.finished_at < Case.accepted_at,
    )


def _has_no_result() -> ColumnElement[bool]:
    made = select(OutgoingPaper.id).where(
        OutgoingPaper.case_id == Case.id, OutgoingPaper.is_result, OutgoingPaper.sha256.is_not(None)
    )
    return and_(Case.state.in_([State.FINISHED, State.RETURNED]), ~made.exists())


def _event_was_not_announced() -> ColumnElement[bool]:
    """As many messages as events: each transaction wrote both."""
    events = select(func.count()).where(CaseEvent.case_id == Case.id).scalar_subquery()
    messages = (
        select(func.count())
        .where(OutboxMessage.subject_id == Case.id, OutboxMessage.topic.startswith("case."))
        .scalar_subquery()
    )
    return messages < events


def _notice_is_missing() -> ColumnElement[bool]:
    told = select(Notice.id).where(
        Notice.event_id == CaseEvent.id,
        Notice.purpose == CaseEvent.event,
        Notice.recipient_id.is_not_distinct_from(Case.applicant_id),
    )
    of_child = [event for event in told_events() if tells_applicant(1, event)]
    expected = or_(and_(Case.parent_id.is_(None), CaseEvent.event.in_(told_events())), CaseEvent.event.in_(of_child))
    return select(CaseEvent.id).where(CaseEvent.case_id == Case.id, expected, ~told.exists()).exists()


def _history_was_cut() -> ColumnElement[bool]:
    """The newest events are gone: the case still says how many there were, and the seal of the last."""
    last = select(CaseEvent.id).where(
        CaseEvent.case_id == Case.id, CaseEvent.number == Case.event_number, CaseEvent.hash == Case.event_hash
    )
    more = select(CaseEvent.id).where(CaseEvent.case_id == Case.id, CaseEvent.number > Case.event_number)
    return or_(~last.exists(), more.exists())


def _waits_for_nobody() -> ColumnElement[bool]:
    """What a case says it waits for is what is open, and nothing is open once it has ended."""
    asked = select(func.count()).where(Opinion.case_id == Case.id, Opinion.closed_at.is_(None)).scalar_subquery()
    child = aliased(Case)
    noted = (
        select(func.count())
        .where(CaseEvent.case_id == Case.id, CaseEvent.event == TRANSITIONS[Action.NOTE_CHILD].event)
        .scalar_subquery()
    )
    opened = select(func.count(child.id)).where(child.parent_id == Case.id).scalar_subquery()
    return or_(asked != func.cardinality(Case.asked_keys), opened - noted != Case.open_children)


def _notice_is_not_sent() -> ColumnElement[bool]:
    """A notice to be sent by SMS has the message that has it sent."""
    message = exists().where(OutboxMessage.subject_id == Notice.id, OutboxMessage.topic == "notice.created")
    return select(Notice.id).where(Notice.case_id == Case.id, Notice.phone.is_not(None), ~message).exists()


def _party_is_missing() -> ColumnElement[bool]:
    return or_(
        ~Case.party_keys.contains(func.array_append(Case.asked_keys, Case.agency_key)),
        and_(Case.stage_agency_key.is_not(None), ~(Case.stage_agency_key == func.any(Case.party_keys))),
    )


INVARIANTS = (
    Invariant("chuỗi sự kiện liền và nguyên vẹn", _chains),
    Invariant("lịch sử không bị cắt bớt", _cases(_history_was_cut)),
    Invariant("trạng thái và bước là của sự kiện cuối", _cases(_last_event_differs)),
    Invariant("mọi lần chuyển đều có trong bảng chuyển trạng thái", _cases(_illegal_move)),
    Invariant("chỉ hồ sơ đang xử lý mới ở một bước", _cases(_stage_is_wrong)),
    Invariant("hồ sơ chờ đúng những nơi còn nợ trả lời", _cases(_waits_for_nobody)),
    Invariant("cơ quan đang xử lý thì xem được hồ sơ", _cases(_party_is_missing)),
    Invariant("mốc thời gian khớp trạng thái", _cases(_times_are_wrong)),
    Invariant("hồ sơ có kết quả thì có tệp kết quả", _cases(_has_no_result)),
    Invariant("sự kiện nào cũng đã vào hộp thư đi", _cases(_event_was_not_announced)),
    Invariant("sự kiện phải báo thì có thông báo", _cases(_notice_is_missing)),
    Invariant("thông báo nào gửi tin nhắn cũng đã vào hộp thư đi", _cases(_notice_is_not_sent)),
)
