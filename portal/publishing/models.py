"""Rows of the live catalogue."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class VersionState(StrEnum):
    """Where a version of a procedure stands: to come, in force, replaced, or taken out of the data."""

    WAITING = "waiting"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class ProcedureRow(Base):
    """A procedure that is or was offered; its text is in its versions."""

    __tablename__ = "procedures"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    sector: Mapped[str]
    is_offered: Mapped[bool] = mapped_column(default=True)
    common_rank: Mapped[int | None]
    also_called: Mapped[str] = mapped_column(default="")


class ProcedureVersionRow(Base):
    """A version as a document of `services_catalog.model.Procedure`. Cases pin the version they were filed under."""

    __tablename__ = "procedure_versions"
    __table_args__ = (
        UniqueConstraint("procedure_code", "digest", name="uq_procedure_versions_procedure_digest"),
        Index("ix_procedure_versions_current", "procedure_code", unique=True, postgresql_where="state = 'published'"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"))
    effective_on: Mapped[date]
    digest: Mapped[str]
    state: Mapped[str]
    document: Mapped[dict[str, Any]]
    loaded_at: Mapped[datetime]


class Offering(Base):
    """An agency offers a procedure."""

    __tablename__ = "offerings"

    procedure_code: Mapped[str] = mapped_column(ForeignKey("procedures.code"), primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)


class CatalogLoad(Base):
    """A load of the shipped data; the newest says which catalogue is live."""

    __tablename__ = "catalog_loads"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    digest: Mapped[str]
    procedures: Mapped[int]
    loaded_at: Mapped[datetime]
