"""Rows of the live catalogue."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class VersionState(StrEnum):
    """Where a version of a procedure stands on its way: edited, waiting for the second person, for its day, …"""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class ImportState(StrEnum):
    """Where an import stands."""

    SHOWN = "shown"
    PROPOSED = "proposed"
    APPLIED = "applied"
    DISCARDED = "discarded"


class Origin(StrEnum):
    """Where a version came from."""

    FILE = "file"
    EDITOR = "editor"
    IMPORT = "import"


class ProcedureRow(Base):
    """A procedure that is, was or will be offered; its text is in its versions."""

    __tablename__ = "procedures"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    sector: Mapped[str]
    is_offered: Mapped[bool] = mapped_column(default=True)
    common_rank: Mapped[int | None]
    also_called: Mapped[str] = mapped_column(default="")


class ProcedureVersionRow(Base):
    """A version with the form and the process it runs with: documents of `services_catalog.library.Release`.

    Cases pin the version they were filed under. With `ends_procedure` the procedure is no longer offered from
    `effective_on` on.
    """

    __tablename__ = "procedure_versions"
    __table_args__ = (
        Index("ix_procedure_versions_current", "procedure_code", unique=True, postgresql_where="state = 'published'"),
        Index(
            "ix_procedure_versions_open", "procedure_code", unique=True,
            postgresql_where="state IN ('draft', 'proposed')",
        ),
        Index("ix_procedure_versions_history", "procedure_code", "id"),
        Index(
            "ix_procedure_versions_file", "procedure_code", "effective_on", "digest", unique=True,
            postgresql_where="origin = 'file'",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"))
    effective_on: Mapped[date]
    digest: Mapped[str]
    state: Mapped[str]
    origin: Mapped[str]
    ends_procedure: Mapped[bool] = mapped_column(default=False)
    document: Mapped[dict[str, Any]]
    form: Mapped[dict[str, Any]]
    workflow: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    # The version that was in force when editing began.
    based_on: Mapped[int | None] = mapped_column(ForeignKey("procedure_versions.id"))
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    # Counts edits, so that two editors at once never both succeed.
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}


class VersionEvent(Base):
    """One thing that somebody did to a version; never changed."""

    __tablename__ = "procedure_version_events"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("procedure_versions.id", ondelete="CASCADE"), index=True)
    event: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class CatalogImport(Base):
    """A file of procedures on its way into the catalogue: shown, proposed, then applied by a second person.

    `documents` has, for each procedure that changes, its whole "document" (`services_catalog.model.Procedure`) and
    the "base": the id of the version it was compared with, or None.
    """

    __tablename__ = "catalog_imports"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    file_name: Mapped[str]
    state: Mapped[str]
    documents: Mapped[list[dict[str, Any]]]
    effective_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Offering(Base):
    """An agency offers a procedure, online as far as `level` (`services_catalog.terms.ServiceLevel`) says."""

    __tablename__ = "offerings"

    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"), primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    level: Mapped[str] = mapped_column(default="full", server_default="full")


class CatalogLoad(Base):
    """A change of the live catalogue; the newest says which one is live."""

    __tablename__ = "catalog_loads"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    digest: Mapped[str]
    procedures: Mapped[int]
    loaded_at: Mapped[datetime]


class FailedSearch(Base):
    """What people looked for and did not find; `words` is the accent-free form by which it is counted."""

    __tablename__ = "failed_searches"

    words: Mapped[str] = mapped_column(primary_key=True)
    typed: Mapped[str]
    times: Mapped[int]
    last_at: Mapped[datetime]
    # Somebody has dealt with it; it comes back when it fails again.
    settled_at: Mapped[datetime | None]


class SearchSynonym(Base):
    """What people say, for a procedure or for official words; the shipped ones are in `data/synonyms.yml`."""

    __tablename__ = "search_synonyms"
    __table_args__ = (CheckConstraint("(procedure_code IS NULL) <> (means IS NULL)", name="one_meaning"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    say: Mapped[str]
    procedure_code: Mapped[str | None] = mapped_column(ForeignKey("procedures.code"))
    means: Mapped[str | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
