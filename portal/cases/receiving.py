"""Cases filed elsewhere, such as on the national portal: received once, then handled like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Invalid, Refusal
from portal.cases.models import Case, PersonRole
from portal.cases.opening import Application, Person, open_case
from portal.documents import uploads
from portal.gateways.storage import Storage
from portal.identity import queries as identity
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from services_catalog.answers import names_of
from services_catalog.fields import FieldErrors, read
from services_catalog.slots import OTHER
from services_catalog.terms import Channel


@dataclass(frozen=True)
class Paper:
    """A file, and the place of its paper in the procedure's list, from 0; None: a paper that the list lacks."""

    file: uploads.Prepared
    place: int | None = None


@dataclass(frozen=True)
class Received:
    """A case as another system tells it. `answers` are texts, as a person would type them."""

    external_id: str
    procedure: str
    agency: str
    people: Mapping[PersonRole, Person]
    answers: Mapping[str, str]
    papers: Sequence[Paper] = ()
    channel: Channel = Channel.ONLINE


def receive(session: Session, storage: Storage, received: Received, *, by: Actor, now: datetime) -> tuple[Case, bool]:
    """The case, and whether it is new: the same number of the same origin is one case, however often it comes.

    What is given must be right (`Invalid`); what is missing does not keep a case from being received, because
    the other system has taken it already: the machine's check tells the desk. The acceptance clock starts now.
    """
    if by.origin is None:
        raise Refusal("no_origin", "Chỉ hệ thống đã đăng ký mới gửi được hồ sơ vào.")
    if (known := _known(session, by.origin, received.external_id)) is not None:
        return known, False
    application = _application(session, received, by, local_day(now))
    try:
        with session.begin_nested():
            case = open_case(session, application, by=by, now=now)
    except IntegrityError:  # the same case came twice at the same moment
        known = _known(session, by.origin, received.external_id)
        if known is None:
            raise
        return known, False
    add_papers(session, storage, case, received.papers, now=now)
    return case, True


def add_papers(session: Session, storage: Storage, case: Case, papers: Sequence[Paper], *, now: datetime) -> None:
    """Keep files that came with a case or for it. Raises `Invalid` at the file that is refused."""
    procedure = publishing.version(session, case.version_id).procedure
    for number, paper in enumerate(papers):
        in_list = paper.place is not None and paper.place < len(procedure.documents)
        slot = paper.place if in_list and paper.place is not None else OTHER
        try:
            uploads.add(session, storage, paper.file, draft_id=None, case_id=case.id, slot=slot,
                        paper=procedure.paper_key(slot) if in_list else "", now=now)  # fmt: skip
        except Refusal as refusal:
            raise Invalid({f"documents.{number}": refusal.message}) from refusal


def _known(session: Session, origin: str, external_id: str) -> Case | None:
    return session.scalar(select(Case).where(Case.origin == origin, Case.external_id == external_id))


def _application(session: Session, received: Received, by: Actor, today: date) -> Application:
    published = publishing.published(session, received.procedure)
    if published is None:
        raise Invalid({"procedure": "Không có thủ tục này hoặc thủ tục không còn tiếp nhận."})
    agency = _agency(session, received.agency, published.procedure.code)
    submitter = received.people.get(PersonRole.SUBMITTER) or received.people[PersonRole.OWNER]
    return Application(
        published=published,
        agency_key=agency.key,
        answers=_answers(published, received.answers, today),
        people=received.people,
        applicant_id=identity.account_of_citizen(session, submitter.citizen_id) if submitter.citizen_id else None,
        channel=received.channel,
        origin=by.origin or "",
        external_id=received.external_id,
    )


def _agency(session: Session, named: str, code: str) -> Agency:
    """By its key, or by its identifier in either spelling."""
    offering = [found.agency for found in publishing.offering_agencies(session, code)]
    wanted = new_spelling(named)
    found = next((agency for agency in offering if named == agency.key or wanted == agency.code), None)
    if found is None:
        raise Invalid({"agency": "Cơ quan này không tiếp nhận thủ tục."})
    return found


def _answers(published: Published, typed: Mapping[str, str], today: date) -> dict[str, Any]:
    """What was answered of what the form asks. Raises `Invalid` at each answer that is wrong or not asked for."""
    errors: dict[str, str] = {}
    known: set[str] = set()
    kept: dict[str, Any] = {}
    for field in published.form.questions():
        names = names_of(field, typed)
        known |= names
        if not any(typed.get(name, "").strip() for name in names):
            continue
        try:
            kept[field.name] = read(field, typed, today)
        except FieldErrors as found:
            errors |= {f"answers.{name}": sentence for name, sentence in found.errors.items()}
    errors |= {f"answers.{name}": "Tờ khai không hỏi mục này." for name in typed if name not in known}
    if errors:
        raise Invalid(errors)
    return {name: value for name, value in kept.items() if value is not None}
