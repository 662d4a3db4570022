"""Rows of drafts, cases and their events."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Draft(Base):
    """An application that is being filled in. Not yet a case."""

    __tablename__ = "drafts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # When it was moved to a newer version of the procedure; None if never.
    moved_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Case(Base):
    """A hồ sơ through its whole life. Written by `portal.cases.actions` and `intake` alone."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_desk", "agency_key", "state", "stage_role", "due_at", "id"),
        Index("ix_cases_version", "version_id", "state"),
        Index("ix_cases_warning", "next_warning_at", postgresql_where="next_warning_at IS NOT NULL"),
        Index("ix_cases_handling", "procedure_code", "finished_at", postgresql_where="handling_minutes IS NOT NULL"),
        Index("ix_cases_applicant", "applicant_id", "id"),
        Index("ix_cases_assignee", "assignee_id", "state", postgresql_where="state IN ('accepted', 'in_process')"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    # The draft's id: a second click on "Gửi" finds the case that the first one made.
    draft_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"))
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id"))
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"))
    channel: Mapped[str]

    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contact_name: Mapped[str]
    contact_phone: Mapped[str | None]
    answers: Mapped[dict[str, Any]]
    lookup_code: Mapped[str]

    state: Mapped[str]
    stage: Mapped[str | None]
    # Of the stage, so that a queue is found without opening each case's process.
    stage_role: Mapped[str | None]
    stage_does: Mapped[str | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int] = mapped_column(default=1)

    submitted_at: Mapped[datetime]
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
    desk_requests: Mapped[int] = mapped_column(default=0, server_default="0")
    stage_requests: Mapped[int] = mapped_column(default=0, server_default="0")
    previous_due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # Office time from acceptance to the end, without the time it waited for the applicant.
    handling_minutes: Mapped[int | None]
    returned_at: Mapped[datetime | None]

    is_granted: Mapped[bool | None]
    decision: Mapped[str | None]
    request_to_applicant: Mapped[str | None]

    # Every UPDATE names the version it read, so two officers at once never both succeed.
    __mapper_args__ = {"version_id_col": version}


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


class CaseCounter(Base):
    """The last case number given at an agency on a local day."""

    __tablename__ = "case_counters"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
