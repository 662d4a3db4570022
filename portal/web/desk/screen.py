"""All that the screen of a case shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.cases import conversation, copies, paying, petitions, queries
from portal.cases.actions import stages_ahead
from portal.cases.choices import Options, choices_of
from portal.cases.details import DETAILS, asks_something
from portal.cases.lifecycle import NOTES, Action
from portal.cases.linked import children_of, people_of
from portal.cases.models import Case, CaseEvent, Opinion
from portal.cases.move import Move
from portal.cases.opening import Person
from portal.cases.opinions import opinions_of
from portal.cases.permissions import actions_of, current_stage, was_asked_before
from portal.cases.supplements import changed_questions
from portal.cases.words import PERSON_NAMES
from portal.deadlines.calendar import WorkCalendar
from portal.deadlines.calendars import calendar_of
from portal.desk import checklist, notes, queues
from portal.desk.passages import Passage, passages
from portal.desk.reasons import reasons_for
from portal.documents import uploads
from portal.identity import queries as identity
from portal.identity.actor import Actor
from portal.issuing.register import result_of
from portal.notifications import log
from portal.payments import ledger, receipts
from portal.payments.queries import STATE_WORDS
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.carrying import carrying
from portal.web.citizen.paying import gateways, way_words
from portal.web.desk.columns import rows_of
from services_catalog.fields import show_answer
from services_catalog.slots import slot_name
from services_catalog.words import money

_MINUTE = timedelta(minutes=1)


def screen(session: Session, case: Case, actor: Actor, now: datetime) -> dict[str, Any]:
    """What the template needs to show the case to this person."""
    published = publishing.version(session, case.version_id)
    history = queries.history(session, case)
    actions = actions_of(actor, case, published.workflow, now)
    papers = checklist.papers_of(session, case)
    calendar = calendar_of(session, case.agency_key)
    return {
        "case": case, "p": published.procedure, "form": published.form, "workflow": published.workflow,
        "agency": session.get_one(Agency, case.agency_key), "stage": current_stage(case, published.workflow),
        "row": rows_of(session, queries.listed(session, [case]), now)[0], "now": now, "show": show_answer,
        "history": history, "actions": actions, "details": DETAILS, "ready": reasons_for(session, case.party_keys),
        "choices": _choices(session, case, published, actor, actions, now), 
        "defaults": _defaults(session, case, papers), "comment": _comment(history),
        "asks_something": asks_something, "petition": petitions.last_petition(session, case),
        "waits": _waits(history, calendar),
        "ahead": stages_ahead(case, actor, published.workflow), "asked_before": was_asked_before(case),
        "passages": _by_stage(passages(case, history, published.workflow, calendar, now)),
        "papers": papers, "may_tick": checklist.may_tick(session, actor, case), "KIND_NAMES": checklist.KIND_NAMES,
        "VERDICT_NAMES": checklist.VERDICT_NAMES, "replaced": uploads.of_case(session, case.id, replaced=True),
        "slot_name": lambda number: slot_name(published.procedure, published.form, number),
        "changes": _changes(case, published), "asked_at": _last_at(history, "case.supplement_requested"),
        **carrying(session, case), **_copies(session, case, actor),
        "told": log.of_case(session, case.id), "log": log, **_money(session, case, actor),
        "result": result_of(session, case.id), "next_reference": queues.next_of(session, actor, case, now),
        "children": children_of(session, case),
        "parent": session.get(Case, case.parent_id) if case.parent_id else None, "persons": _persons(session, case),
        "colleagues": notes.colleagues(session, case, now), "slips": _slips(history),
        **_talk(session, case, history, papers),
    }  # fmt: skip


def _copies(session: Session, case: Case, actor: Actor) -> dict[str, Any]:
    """Certified copies, and what may still be certified by this person."""
    may = copies.may_certify(actor, case)
    return {"copies": copies.copies_of(session, case), "to_certify": copies.certifiable(session, case) if may else []}


def _money(session: Session, case: Case, actor: Actor) -> dict[str, Any]:
    """What the case costs and what was paid of it."""
    may_collect = paying.may_collect(actor, case)
    return {"owed": paying.payable(session, case),
            "claimed": paying.claim_of(case.fee_claim).who, "payments": paying.payments_of(session, case.id),
            "is_asked": ledger.open_bill(session, case.id) is not None,
            "payment_receipts": receipts.of_case(session, case.id), "may_collect": may_collect,
            "PAYMENT_WORDS": STATE_WORDS, "way_words": way_words, "ways": gateways()}  # fmt: skip


def _talk(session: Session, case: Case, history: Sequence[CaseEvent], papers: list[checklist.Paper]) -> dict[str, Any]:
    """Messages, notes and opinions with the names of everybody in them."""
    messages, staff_notes = conversation.messages_of(session, case), notes.notes_of(session, case)
    opinions = opinions_of(session, case)
    named = [int(e.details[key]) for e in history for key in ("acted_for", "officer") if key in e.details]
    people = identity.names(session, [
        *(e.actor_id for e in history if e.actor_id), case.assignee_id or 0, case.typed_by or 0, *named,
        *(m.author_id or 0 for m in messages), *(n.author_id for n in staff_notes),
        *(o.answered_by or 0 for o in opinions), *(p.check.checked_by or 0 for p in papers if p.check),
    ])  # fmt: skip
    return {"messages": messages, "notes": staff_notes, "opinions": opinions, "people": people,
            "agencies": _agencies(session, case, opinions)}  # fmt: skip


def _choices(
    session: Session, case: Case, published: Published, actor: Actor, actions: list[Action], now: datetime
) -> dict[Action, dict[str, Options]]:
    """What may be chosen in the forms of these actions."""
    move = Move(session, case, Action.ASSIGN, actor, now, {}, published.procedure, published.workflow)
    return {action: choices_of(move, action) for action in actions}


def _defaults(session: Session, case: Case, papers: list[checklist.Paper]) -> dict[tuple[str, str], str]:
    """What stands in the form of an action before anybody types: the ticked faults, the draft, what is asked for."""
    text, places = checklist.faults(papers)
    asked = petitions.last_petition(session, case)
    wish = asked.details if asked else {}
    if case.petition == Action.REQUEST_SUPPLEMENT:
        text = "\n".join(filter(None, (wish.get("request", ""), text)))
    return {
        (Action.PETITION, "request"): text,
        (Action.RESCHEDULE, "new_day"): wish.get("new_day", ""),
        (Action.RESCHEDULE, "reason"): wish.get("request", "") if case.petition == Action.RESCHEDULE else "",
        (Action.REQUEST_SUPPLEMENT, "request"): text,
        (Action.REQUEST_SUPPLEMENT, "papers"): ",".join(map(str, places)),
        **_fees(session, case),
        (Action.PROPOSE, "decision"): case.decision or "",
        (Action.PROPOSE, "outcome"): "granted" if case.is_granted else "",
    }


def _fees(session: Session, case: Case) -> dict[tuple[str, str], str]:
    """What the rules say that it costs, by what the applicant has claimed: the officer looks at it and decides."""
    lines = paying.left_to_ask(session, case)
    sums = {kind: sum(int(one["amount_vnd"]) for one in lines if one["kind"] == kind) for kind in ledger.KIND_WORDS}
    words = [f"{one['label']}: {money(one['amount_vnd'])}" + (f" ({one['because']})" if one["because"] else "")
             for one in lines]  # fmt: skip
    found: dict[tuple[str, str], str] = {(Action.REQUEST_PAYMENT, "request"): "\n".join(words)}
    found.update({(Action.REQUEST_PAYMENT, kind): str(amount) for kind, amount in sums.items() if amount})
    return found


def _comment(history: Sequence[CaseEvent]) -> CaseEvent | None:
    """What whoever had the case before says to whoever has it now, while the case lies where it came with that."""
    moved = next((event for event in reversed(history) if event.from_stage != event.to_stage), None)
    return moved if moved is not None and moved.details.get("comment") else None


def _waits(history: Sequence[CaseEvent], calendar: WorkCalendar) -> dict[int, int]:
    """Minutes of office time between each thing that was decided and the one before, by the number of the event."""
    moves = [event for event in history if event.event not in NOTES]
    return {b.number: int(calendar.working_time(a.at, b.at) / _MINUTE) for a, b in pairwise(moves)}


def _changes(case: Case, published: Published) -> list[tuple[str, str, str]]:
    """(question, before, after) of what the last supplement has changed."""
    if case.answers_before is None:
        return []
    before, after = case.answers_before, case.answers
    changed = changed_questions(published.form, before, after)
    return [(f.label, show_answer(f, before.get(f.name)), show_answer(f, after.get(f.name))) for f in changed]


def _by_stage(went: list[Passage]) -> dict[str, list[Passage]]:
    """The passages through each stage; under the empty key those outside of stages."""
    found: dict[str, list[Passage]] = {}
    for passage in went:
        found.setdefault(passage.stage or "", []).append(passage)
    return found


def _last_at(history: Sequence[CaseEvent], event: str) -> datetime | None:
    return next((row.at for row in reversed(history) if row.event == event), None)


def _slips(history: Sequence[CaseEvent]) -> list[tuple[str, str]]:
    """(kind in the address, name) of the slips that can be printed."""
    happened = {event.event for event in history}
    known = (
        ("case.accepted", "tiep-nhan", "Giấy tiếp nhận và hẹn trả (mẫu 01)"),
        ("case.supplement_requested", "bo-sung", "Phiếu yêu cầu bổ sung (mẫu 02)"),
        ("case.declined", "tu-choi", "Phiếu từ chối (mẫu 03)"),
        ("case.rescheduled", "xin-loi", "Phiếu xin lỗi và hẹn lại (mẫu 04)"),
        ("case.returned", "tra-ket-qua", "Phiếu trả kết quả"),
        ("case.submitted", "kiem-soat", "Phiếu kiểm soát (mẫu 05)"),
    )
    return [(kind, name) for event, kind, name in known if event in happened]


def _persons(session: Session, case: Case) -> list[tuple[str, Person]]:
    """Each person once, with all that they are in the case."""
    found: dict[Person, list[str]] = {}
    for role, person in people_of(session, case.id).items():
        found.setdefault(person, []).append(PERSON_NAMES[role].lower())
    return [(", ".join(names).capitalize(), person) for person, names in found.items()]


def _agencies(session: Session, case: Case, opinions: Sequence[Opinion]) -> dict[str, str]:
    """The names of the agencies that take part."""
    keys = {*case.party_keys, *(opinion.agency_key for opinion in opinions)}
    return {row.key: row.name for row in session.scalars(select(Agency).where(Agency.key.in_(keys)))}
