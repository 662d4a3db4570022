"""Rows of agencies, past and present."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Agency(Base):
    """An agency that handles cases, or one that did: those of 2021 stay because old papers name them."""

    __tablename__ = "agencies"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str | None] = mapped_column(unique=True)
    code_is_placeholder: Mapped[bool] = mapped_column(default=False)
    parent_key: Mapped[str | None] = mapped_column(ForeignKey("agencies.key"))
    place_code: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    # The days on which it begins and ends to exist (both included), where that is recorded.
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    # Its first day is still to come.
    is_awaited: Mapped[bool] = mapped_column(default=False, server_default="false")
    # It was changed in the portal: the data folder says nothing of it any more.
    is_managed: Mapped[bool] = mapped_column(default=False, server_default="false")


class AgencyPredecessor(Base):
    """`predecessor_key` was merged, whole or in part, into `agency_key`."""

    __tablename__ = "agency_predecessors"

    agency_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
    predecessor_key: Mapped[str] = mapped_column(ForeignKey("agencies.key"), primary_key=True)
