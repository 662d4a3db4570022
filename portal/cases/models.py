"""Rows of drafts, cases and their events."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Computed, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base

HERE = "portal"
# By what queues are ordered: the first due time that runs, or what the applicant has until; else after everything.
QUEUE_AT = (
    "least(coalesce(due_at, CASE WHEN state = 'submitted' THEN acceptance_due_at END, supplement_due_at, "
    "'9000-01-01 00:00:00+00'::timestamptz), answer_due_at, opinion_due_at)"
)
IS_OPEN = "state NOT IN ('declined', 'withdrawn', 'discontinued', 'returned')"
GUEST_KEYS = "array_remove(party_keys, agency_key)"
ANYBODYS = "stage IS NOT NULL AND (stage_does <> 'propose' OR assignee_id IS NULL)"


class Draft(Base):
    """An application, or the answer to a request for supplements (`case_id`), that is being filled in.

    Kept as it was typed, by the names of the form's inputs: what is right is decided anew whenever it matters.
    """

    __tablename__ = "drafts"
    __table_args__ = (Index("uq_drafts_supplement", "case_id", unique=True, postgresql_where="case_id IS NOT NULL"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    # An officer types it for somebody who came to the desk.
    is_assisted: Mapped[bool] = mapped_column(default=False, server_default="false")
    typed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Counts the saves; `revisions` has the save in which each input changed last: older pages do not overwrite newer.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    revisions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # The version it was moved from when another one came into force, and when.
    moved_from: Mapped[int | None] = mapped_column(ForeignKey("procedure_versions.id"))
    moved_at: Mapped[datetime | None]
    # What the person says of the fees: `portal.cases.paying.claim_of`.
    fee_claim: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Case(Base):
    """A hồ sơ through its whole life. Written by `portal.cases.actions` and `intake` alone."""

    __tablename__ = "cases"
    __table_args__ = (
        # The queues of `portal.desk.queues`, each in the order in which it is read.
        Index("ix_cases_desk", "agency_key", "state", "queue_at", "id"),
        Index("ix_cases_stage", "stage_agency_key", "stage_role", "queue_at", "id", postgresql_where=text(ANYBODYS)),
        Index("ix_cases_assignee", "assignee_id", "queue_at", "id", postgresql_where=text("stage_does = 'propose'")),
        Index("ix_cases_payment", text("coalesce(stage_agency_key, agency_key)"), "queue_at", "id",
              postgresql_where=text("state = 'payment'")),
        Index("ix_cases_petition", text("coalesce(stage_agency_key, agency_key)"), "queue_at", "id",
              postgresql_where=text("petition IS NOT NULL")),
        Index("ix_cases_question", "agency_key", "queue_at", "id", postgresql_where=text("answer_due_at IS NOT NULL")),
        Index("ix_cases_open", "agency_key", "queue_at", "id", postgresql_where=text("is_open")),
        Index("ix_cases_newest", "agency_key", "id"),
        Index("ix_cases_register", "agency_key", "submitted_at", "id"),
        Index("ix_cases_guests", "guest_keys", postgresql_using="gin", postgresql_where=text("guest_keys <> '{}'")),
        Index("ix_cases_open_guests", "guest_keys", postgresql_using="gin",
              postgresql_where=text("is_open AND guest_keys <> '{}'")),
        Index("ix_cases_procedure", "agency_key", "procedure_code", "id"),
        Index("ix_cases_asked", "asked_keys", postgresql_using="gin", postgresql_where="asked_keys <> '{}'"),
        Index("ix_cases_ready", "changed_at", postgresql_where="state = 'finished'"),
        Index("ix_cases_parent", "parent_id", postgresql_where="parent_id IS NOT NULL"),
        Index("uq_cases_external", "origin", "external_id", unique=True, postgresql_where="external_id IS NOT NULL"),
        Index("ix_cases_version", "version_id", "state"),
        Index("ix_cases_warning", "next_warning_at", postgresql_where="next_warning_at IS NOT NULL"),
        Index("ix_cases_handling", "procedure_code", "finished_at", postgresql_where="handling_minutes IS NOT NULL"),
        Index("ix_cases_applicant", "applicant_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    # The draft's id: a second click on "Gửi" finds the case that the first one made.
    draft_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"))
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    # Every agency that takes part and may see it: that of the case, of its stages, those asked for an opinion.
    party_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    channel: Mapped[str]
    # Where it was filed: here, or the key of the system it came from, with its number there.
    origin: Mapped[str] = mapped_column(default=HERE, server_default=HERE)
    external_id: Mapped[str | None]
    # The case that waits for this one (liên thông).
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))

    # None where the applicant has no account here: they follow it by its two codes.
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    # The officer who typed it for the applicant at a desk or in the village.
    typed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    contact_name: Mapped[str]
    contact_phone: Mapped[str | None]
    answers: Mapped[dict[str, Any]]
    # What they were before the last supplement, so that officers see what has changed.
    answers_before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    lookup_code: Mapped[str]

    state: Mapped[str]
    stage: Mapped[str | None]
    # Of the stage, so that a queue is found without opening each case's process.
    stage_role: Mapped[str | None]
    stage_does: Mapped[str | None]
    stage_agency_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    # Agencies whose opinion the stage waits for, and how many cases of other agencies.
    asked_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    # The first time by which one of them is to answer.
    opinion_due_at: Mapped[datetime | None]
    # What the head is asked to do: the action, until they do it or refuse.
    petition: Mapped[str | None]
    open_children: Mapped[int] = mapped_column(default=0, server_default="0")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    # How often it has moved: what a person saw is compared with it. Notes of the machine do not count.
    version: Mapped[int] = mapped_column(default=0)
    row_version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Of the last event: its number, its seal, its time.
    event_number: Mapped[int] = mapped_column(default=0, server_default="0")
    event_hash: Mapped[str] = mapped_column(default="", server_default="")
    changed_at: Mapped[datetime]

    submitted_at: Mapped[datetime]
    # The acceptance clock: since when it runs, and until when.
    acceptance_from: Mapped[datetime]
    acceptance_due_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # The handling clock: since when it runs, and when somebody is to be warned next.
    clock_started_at: Mapped[datetime | None]
    next_warning_at: Mapped[datetime | None]
    # What was promised first, where the due time was put off with an apology: punctuality is judged by it.
    promised_due_at: Mapped[datetime | None]
    rescheduled_at: Mapped[datetime | None]
    supplement_due_at: Mapped[datetime | None]
    # Who has asked for supplements: the desk, and each agency that held a stage.
    askers: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    previous_due_at: Mapped[datetime | None]
    # While the handling clock stands: since when, and what is left of it in the unit of the promise.
    paused_at: Mapped[datetime | None]
    left_minutes: Mapped[int | None]
    left_days: Mapped[int | None]
    finished_at: Mapped[datetime | None]
    # Office time from acceptance to the end, without the time it waited for the applicant.
    handling_minutes: Mapped[int | None]
    returned_at: Mapped[datetime | None]

    is_granted: Mapped[bool | None]
    decision: Mapped[str | None]
    request_to_applicant: Mapped[str | None]
    # What of the form and which papers the request names: questions, and the keys of papers.
    asked_fields: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    asked_papers: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    # Until when the applicant's question is to be answered; None where there is none open.
    answer_due_at: Mapped[datetime | None]
    # What is still to be paid of the open bill, in đồng, as applicants are told.
    amount_due: Mapped[int | None]
    fee_claim: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # Where the applicant lives: the name of the commune, as the form keeps it.
    commune: Mapped[str | None]

    # Kept by the database itself, for its indexes.
    queue_at: Mapped[datetime] = mapped_column(Computed(QUEUE_AT, persisted=True), deferred=True)
    is_open: Mapped[bool] = mapped_column(Computed(IS_OPEN, persisted=True), deferred=True)
    guest_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), Computed(GUEST_KEYS, persisted=True), deferred=True)

    # Every UPDATE names the version it read, so two officers at once never both succeed.
    __mapper_args__ = {"version_id_col": row_version}

    @property
    def is_waiting(self) -> bool:
        """True while other agencies owe the stage something."""
        return bool(self.asked_keys) or self.open_children > 0


class PersonRole(StrEnum):
    """The four people of a case; one person may be all of them."""

    OWNER = "owner"  # whose matter it is
    SUBMITTER = "submitter"  # who filed it
    CONTACT = "contact"  # who is told
    ADDRESSEE = "addressee"  # to whom papers are posted


class CasePerson(Base):
    """A person of a case, as they were when it was filed."""

    __tablename__ = "case_people"
    __table_args__ = (Index("ix_case_people_citizen", "citizen_id", postgresql_where="citizen_id IS NOT NULL"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    citizen_id: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]


class CaseSearch(Base):
    """The words by which staff find a case: of names without accents, and phone numbers. `portal.cases.finding`."""

    __tablename__ = "case_search"
    __table_args__ = (Index("ix_case_search_words", "words", postgresql_using="gin"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)


class CaseEvent(Base):
    """One thing that happened to a case, kept for ever: the database refuses to change or delete it."""

    __tablename__ = "case_events"
    __table_args__ = (UniqueConstraint("case_id", "number", name="uq_case_events_case_number"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    event: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    from_stage: Mapped[str | None]
    to_stage: Mapped[str | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    # SHA-256 over this event and the hash of the one before: `portal.cases.chain`.
    hash: Mapped[str]


class CaseMessage(Base):
    """What the applicant and the officers write to each other about a case."""

    __tablename__ = "case_messages"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    is_staff: Mapped[bool]
    text: Mapped[str]
    at: Mapped[datetime]


class Opinion(Base):
    """What the stage of a case asks another agency (lấy ý kiến). Open until it is answered or closed."""

    __tablename__ = "opinions"
    __table_args__ = (
        Index("ix_opinions_case", "case_id"),
        Index("ix_opinions_open", "agency_key", "due_at", postgresql_where="closed_at IS NULL"),
        Index("ix_opinions_due", "due_at", postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    question: Mapped[str]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # None in a closed one: no answer came in time, or the stage waited no longer.
    answer: Mapped[str | None]
    agrees: Mapped[bool | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class CaseCounter(Base):
    """The last case number given at an agency on a local day."""

    __tablename__ = "case_counters"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
