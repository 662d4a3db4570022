"""What other systems send and get about cases, as data."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from portal.base.errors import Invalid, Refusal
from portal.cases.lifecycle import NATIONAL, State
from portal.cases.models import Case, PersonRole
from portal.cases.opening import Person
from portal.cases.receiving import Paper, Received
from portal.documents.uploads import Incoming, Prepared
from services_catalog.terms import Channel
from services_catalog.text import nfc

# Text in NFC without control characters, and not empty.
Line = Annotated[str, BeforeValidator(lambda text: nfc(text) if isinstance(text, str) else text),
                 StringConstraints(min_length=1, max_length=500)]  # fmt: skip
Prepare = Callable[[Incoming], Prepared]
_PHONE = r"^\+84[0-9]{9,10}$"


class Message(BaseModel):
    """Base of all messages: unknown names are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonMessage(Message):
    """A person of a case. `phone` as +84…"""

    name: Line
    citizen_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = None
    phone: Annotated[str, StringConstraints(pattern=_PHONE)] | None = None
    email: Line | None = None
    address: Line | None = None

    def as_person(self) -> Person:
        """Its text in NFC."""
        return Person(self.name, self.citizen_id, self.phone, self.email, self.address)


class PaperMessage(Message):
    """A file. `paper`: the place of its paper in the procedure's list, from 0; none: another paper."""

    file_name: Line
    content: str = Field(description="Base64.")
    paper: Annotated[int, Field(ge=0, lt=1000)] | None = None


class CaseMessage(Message):
    """A case that was filed elsewhere. Who is missing of its people is the owner; nobody is posted to without
    an addressee."""

    external_id: Line
    procedure: Line
    agency: Line = Field(description="Khóa của cơ quan, hoặc mã định danh H37.19 hay 000.00.19.H37.")
    channel: Channel = Channel.ONLINE
    owner: PersonMessage
    submitter: PersonMessage | None = None
    contact: PersonMessage | None = None
    addressee: PersonMessage | None = None
    answers: dict[str, str] = {}
    documents: tuple[PaperMessage, ...] = Field((), max_length=50)

    def as_received(self, prepare: Prepare) -> Received:
        """For the domain. Raises `Invalid` where a file cannot be read or is refused."""
        people = {role: getattr(self, role) for role in PersonRole}
        return Received(
            external_id=self.external_id,
            procedure=self.procedure,
            agency=self.agency,
            people={role: person.as_person() for role, person in people.items() if person is not None},
            answers=self.answers,
            papers=papers(self.documents, prepare),
            channel=self.channel,
        )


class ActionMessage(Message):
    """What is done to a case, with what the action asks for."""

    details: dict[str, str] = {}
    version: int | None = None
    documents: tuple[PaperMessage, ...] = Field((), max_length=50)


def papers(given: tuple[PaperMessage, ...], prepare: Prepare) -> list[Paper]:
    """The files of a message, looked at. Raises `Invalid` at the one that is no Base64, or is refused."""
    found = []
    for number, paper in enumerate(given):
        try:
            content = base64.b64decode(paper.content, validate=True)
        except ValueError as error:
            raise Invalid({f"documents.{number}.content": "Nội dung tệp phải là Base64."}) from error
        try:
            found.append(Paper(prepare(Incoming(paper.file_name, content)), paper.paper))
        except Refusal as refusal:
            raise Invalid({f"documents.{number}": refusal.message}) from refusal
    return found


def case_answer(case: Case, linked: list[str]) -> dict[str, Any]:
    """A case as its origin sees it: instants in UTC, the national status with its number, money in đồng.

    `linked`: the cases that were opened for it; the applicant may be asked something in one of them.
    """
    number, name = NATIONAL[State(case.state)]
    instants = ("submitted_at", "acceptance_due_at", "accepted_at", "due_at", "previous_due_at", "supplement_due_at",
                "finished_at", "returned_at")  # fmt: skip
    return {
        "reference": case.reference,
        "external_id": case.external_id,
        "procedure": case.procedure_code,
        "state": case.state,
        "national_status": {"code": number, "name": name},
        "version": case.version,
        "is_granted": case.is_granted,
        "request_to_applicant": case.request_to_applicant,
        "amount_due": case.amount_due,
        "lookup_code": case.lookup_code,
        "linked": linked,
        **{name: at.isoformat() if (at := getattr(case, name)) else None for name in instants},
    }
