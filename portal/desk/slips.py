"""What the slips of the one-stop desk say: mẫu 01, 02, 03, 05 and 06 (TT 01/2018/TT-VPCP). Mẫu 04 is the apology.

They are made from the events of a case and the ticks on its papers; nothing of them is typed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import NotFound
from portal.base.words import short_when, when
from portal.cases.linked import people_of
from portal.cases.models import Case, CaseEvent, CasePerson, PersonRole
from portal.cases.opening import Person
from portal.cases.opinions import opinions_of
from portal.cases.paper import heading, owner_name, signed
from portal.cases.queries import history, listed
from portal.deadlines.calendars import calendar_of
from portal.deadlines.remaining import office_words
from portal.desk.checklist import KIND_NAMES, Paper, papers_of
from portal.desk.models import PaperKind
from portal.desk.passages import Passage, passages
from portal.documents.models import Source
from portal.identity import queries as identity
from portal.identity.models import Role
from portal.issuing.register import result_of
from portal.publishing import queries as publishing
from services_catalog.fields import show_phone
from services_catalog.terms import Channel
from services_catalog.words import CHANNEL_NAMES, RETURN_NAMES, time_limit, working_hours

_DESK_TITLE = "Bộ phận tiếp nhận và trả kết quả"


def intake_data(session: Session, cases: Sequence[Case], base_url: str) -> dict[str, Any]:
    """Mẫu 01 for one case, or for several that `by_submitter` puts together.

    Raises `NotFound` where one was never accepted.
    """
    first = cases[0]
    events = [_last(session, case, "case.accepted", "phiếu tiếp nhận") for case in cases]
    return {
        **heading(session, first, base_url, local_day(events[0].at)),
        **signed(session, first, events[0], Role.RECEIVING_OFFICER, _DESK_TITLE),
        **_contact(session, first),
        "owner": owner_name(session, first),
        "cases": [_taken(session, case, event) for case, event in zip(cases, events, strict=True)],
    }


def by_submitter(session: Session, cases: Sequence[Case]) -> list[list[Case]]:
    """The cases that may stand on one receipt, together: of one agency and one submitter, by all that is known."""
    groups: dict[object, list[Case]] = {}
    for case in cases:
        groups.setdefault((case.agency_key, _submitter(session, case)), []).append(case)
    return list(groups.values())


def supplement_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """Mẫu 02, of the last request. Raises `NotFound`."""
    event = _last(session, case, "case.supplement_requested", "phiếu yêu cầu bổ sung")
    points = [line.strip() for line in event.details.get("request", "").splitlines() if line.strip()]
    until = case.supplement_due_at
    return {**_slip(session, case, event, base_url), "points": points, "until": when(until) if until else ""}


def refusal_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """Mẫu 03. Raises `NotFound`."""
    event = _last(session, case, "case.declined", "phiếu từ chối")
    return {**_slip(session, case, event, base_url), "reason": event.details.get("reason", "")}


def handover_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """The slip that whoever receives a result signs. Raises `NotFound`."""
    event = _last(session, case, "case.returned", "phiếu trả kết quả")
    paper = result_of(session, case.id)
    return {
        **_slip(session, case, event, base_url),
        "receiver": event.details.get("receiver") or case.contact_name,
        "receiver_proof": event.details.get("proof", ""),
        "number": paper.sign if paper else "",
        "returned": when(event.at),
    }


def control_data(session: Session, case: Case, base_url: str, now: datetime) -> dict[str, Any]:
    """Mẫu 05, from the events."""
    workflow = publishing.version(session, case.version_id).workflow
    went = passages(case, history(session, case), workflow, calendar_of(session, case.agency_key), now)
    people = identity.names(session, [passage.ended_by for passage in went if passage.ended_by])
    asked = {opinion.agency_key for opinion in opinions_of(session, case)}
    names = session.scalars(select(Agency.name).where(Agency.key.in_(asked)).order_by(Agency.name))
    return {
        **heading(session, case, base_url, local_day(now)),
        "owner": owner_name(session, case),
        "accepted": when(case.accepted_at) if case.accepted_at else "chưa tiếp nhận",
        "due": when(case.due_at) if case.due_at else "chưa xác định",
        "coordinating": ", ".join(names),
        "passages": [
            {
                "place": passage.place,
                "ended_with": passage.ended_with or "đang xử lý",
                "began": short_when(passage.began_at),
                "ended_by": people.get(passage.ended_by or 0, "Hệ thống" if passage.ended_at else ""),
                "spent": office_words(passage.minutes),
                "result": judged(passage),
            }
            for passage in went
        ],
    }


def judged(passage: Passage) -> str:
    """Before, on or past the time that the process gives the stage."""
    if passage.allowed is None:
        return "–"
    if passage.is_over:
        return "Quá hạn"
    return "Đúng hạn" if passage.minutes > 0.9 * passage.allowed else "Trước hạn"


def register_rows(session: Session, agency_key: str, first: date, last: date, *, limit: int) -> list[dict[str, str]]:
    """Mẫu 06: the cases of an agency that came in from one day to another (both included), the oldest first."""
    calendar = calendar_of(session, agency_key)
    begin, end = calendar.midnight(first), calendar.midnight(last, after=True)
    query = select(Case).where(Case.agency_key == agency_key, Case.submitted_at >= begin, Case.submitted_at < end)
    found = listed(session, session.scalars(query.order_by(Case.submitted_at, Case.id).limit(limit)).all())
    owners = _owners(session, [row.case.id for row in found])
    rows = []
    for row in found:
        case = row.case
        way = _way_of_returning(case)
        rows.append({
            "reference": case.reference,
            "procedure": row.procedure,
            "owner": owners.get(case.id, case.contact_name),
            "received": short_when(case.accepted_at or case.submitted_at),
            "due": short_when(case.due_at) if case.due_at else "–",
            "finished": short_when(case.finished_at) if case.finished_at else "–",
            "returned": short_when(case.returned_at) if case.returned_at else "–",
            "ways": f"{CHANNEL_NAMES[Channel(case.channel)]} / {CHANNEL_NAMES[way] if way else '–'}",
        })  # fmt: skip
    return rows


def _owners(session: Session, case_ids: Sequence[int]) -> dict[int, str]:
    """Whose matter each of the cases is."""
    query = select(CasePerson.case_id, CasePerson.name).where(
        CasePerson.case_id.in_(case_ids), CasePerson.role == PersonRole.OWNER
    )
    return dict(session.execute(query).all())


def _slip(session: Session, case: Case, event: CaseEvent, base_url: str) -> dict[str, Any]:
    return {
        **heading(session, case, base_url, local_day(event.at)),
        **signed(session, case, event, Role.RECEIVING_OFFICER, _DESK_TITLE),
        **_contact(session, case),
        "owner": owner_name(session, case),
    }


def _contact(session: Session, case: Case) -> dict[str, str]:
    person = _submitter(session, case)
    return {
        "submitter": person.name,
        "address": person.address or "",
        "phone": show_phone(person.phone) if person.phone else "",
    }


def _submitter(session: Session, case: Case) -> Person:
    """Who handed it in: the contact where they are the same by name, because of them more is known."""
    people = people_of(session, case.id)
    contact = people.get(PersonRole.CONTACT) or Person(case.contact_name, phone=case.contact_phone)
    submitter = people.get(PersonRole.SUBMITTER) or contact
    return contact if submitter.name == contact.name else submitter


def _taken(session: Session, case: Case, event: CaseEvent) -> dict[str, Any]:
    published = publishing.version(session, case.version_id)
    limit = published.procedure.time_limit_for(Channel(case.channel))
    promised = published.workflow.promised_hours
    due = case.promised_due_at or case.due_at
    way = _way_of_returning(case)
    return {
        "reference": case.reference,
        "procedure": published.procedure.short_name,
        "papers": [_paper(paper) for paper in papers_of(session, case) if paper.files or paper.check],
        "limit": working_hours(promised) if promised else time_limit(limit) if limit else "theo quy định",
        "accepted": when(event.at),
        "due": when(due) if due else "chưa xác định",
        "returning": RETURN_NAMES[way] if way else "tại bộ phận một cửa",
    }


def _way_of_returning(case: Case) -> Channel | None:
    """How the applicant wants the result, where the form asks."""
    chosen = case.answers.get("receive_by")
    return Channel(chosen) if chosen in set(Channel) else None


def _paper(paper: Paper) -> dict[str, str]:
    scanned = any(file.source == Source.SCANNED for file in paper.files)
    kind = paper.check.kind if paper.check else None
    return {
        "name": paper.name,
        "kind": KIND_NAMES[PaperKind(kind)] if kind else ("Bản quét tại quầy" if scanned else "Bản điện tử"),
        "sheets": str(paper.check.sheets if paper.check and paper.check.sheets else sum(f.pages for f in paper.files)),
    }


def _last(session: Session, case: Case, event: str, slip: str) -> CaseEvent:
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event == event)
    found = session.scalar(query.order_by(CaseEvent.number.desc()).limit(1))
    if found is None:
        raise NotFound(f"Hồ sơ {case.reference} chưa có {slip}.")
    return found
