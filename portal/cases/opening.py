"""Making a case: filed here, received from another system, or opened for another case."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.errors import NotFound
from portal.cases import finding
from portal.cases.clocks import set_alarm, start_acceptance
from portal.cases.events import tell
from portal.cases.lifecycle import State
from portal.cases.models import HERE, Case, CasePerson, PersonRole
from portal.cases.references import next_reference
from portal.deadlines.calendars import calendar_of
from portal.identity.actor import Actor
from portal.publishing.queries import Published
from services_catalog.terms import Channel

_SECRET_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # noqa: S105 - an alphabet without look-alikes


@dataclass(frozen=True)
class Person:
    """One of the people of a case."""

    name: str
    citizen_id: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Application:
    """What a case is made of. `people` has the owner at least; who is missing is the owner.

    The addressee is missing where nothing is posted.
    """

    published: Published
    agency_key: str
    answers: Mapping[str, Any]
    people: Mapping[PersonRole, Person]
    applicant_id: int | None = None
    typed_by: int | None = None
    channel: Channel = Channel.ONLINE
    origin: str = HERE
    external_id: str | None = None
    parent: Case | None = None
    draft_id: uuid.UUID | None = None
    fee_claim: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


def open_case(session: Session, application: Application, *, by: Actor, now: datetime) -> Case:
    """A new case with its people and its first event. Files are handed over by the caller."""
    agency = session.get(Agency, application.agency_key)
    if agency is None or not agency.is_active:
        raise NotFound("Cơ quan tiếp nhận không còn hoạt động. Hãy bắt đầu lại và chọn cơ quan khác.")
    people = _all_people(application.people)
    contact = people[PersonRole.CONTACT]
    parent = application.parent
    case = Case(
        reference=next_reference(session, agency, now),
        draft_id=application.draft_id,
        procedure_code=application.published.procedure.code,
        version_id=application.published.version_id,
        agency_key=agency.key,
        party_keys=_parties(agency.key, parent),
        asked_keys=[],
        askers=[],
        channel=application.channel,
        origin=application.origin,
        external_id=application.external_id,
        parent_id=parent.id if parent else None,
        applicant_id=application.applicant_id,
        typed_by=application.typed_by,
        contact_name=contact.name,
        contact_phone=contact.phone,
        answers=dict(application.answers),
        fee_claim=dict(application.fee_claim),
        commune=finding.commune_of(application.answers),
        lookup_code="".join(secrets.choice(_SECRET_LETTERS) for _ in range(8)),
        state=State.SUBMITTED,
        submitted_at=now,
        changed_at=now,
        version=0,
        event_number=0,
        event_hash="",
        open_children=0,
    )
    calendar = calendar_of(session, agency.key)
    start_acceptance(case, calendar, now)
    set_alarm(case, None, now, lambda: calendar)
    session.add(case)
    session.flush()
    session.add_all(CasePerson(case_id=case.id, role=role, **vars(person)) for role, person in people.items())
    session.flush()
    finding.remember(session, case)
    tell(session, case, "case.submitted", application.published.procedure, by=by, now=now,
         details=dict(application.details))  # fmt: skip
    return case


def _parties(agency_key: str, parent: Case | None) -> list[str]:
    """Whoever has the case, and whoever waits for it."""
    waiting = (parent.agency_key, parent.stage_agency_key) if parent else ()
    return list(dict.fromkeys(key for key in (agency_key, *waiting) if key))


def _all_people(given: Mapping[PersonRole, Person]) -> dict[PersonRole, Person]:
    owner = given[PersonRole.OWNER]
    submitter = given.get(PersonRole.SUBMITTER, owner)
    people = {
        PersonRole.OWNER: owner,
        PersonRole.SUBMITTER: submitter,
        PersonRole.CONTACT: given.get(PersonRole.CONTACT, submitter),
    }
    return people | {role: person for role, person in given.items() if role is PersonRole.ADDRESSEE}
