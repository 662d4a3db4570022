"""Reads for those who keep the catalogue: versions, what happened to them, what waits."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.publishing.models import ProcedureRow, ProcedureVersionRow, VersionEvent, VersionState

_AHEAD = (VersionState.DRAFT, VersionState.PROPOSED, VersionState.APPROVED)
_WAS_LIVE = (VersionState.PUBLISHED, VersionState.SUPERSEDED)


def version_row(session: Session, version_id: int) -> ProcedureVersionRow:
    """The version. Raises `NotFound`."""
    row = session.get(ProcedureVersionRow, version_id)
    if row is None:
        raise NotFound("Không có phiên bản này.")
    return row


def procedure_row(session: Session, code: str) -> ProcedureRow:
    """The procedure, offered or not. Raises `NotFound`."""
    row = session.get(ProcedureRow, code)
    if row is None:
        raise NotFound("Không có thủ tục này.")
    return row


def versions_of(session: Session, code: str) -> Sequence[ProcedureVersionRow]:
    """Every version of a procedure, the newest first."""
    row = ProcedureVersionRow
    return session.scalars(select(row).where(row.procedure_code == code).order_by(row.id.desc())).all()


def not_yet_in_force(session: Session) -> Sequence[ProcedureVersionRow]:
    """What is edited, proposed, or approved for a day to come: proposals first, then by the last change."""
    row = ProcedureVersionRow
    query = select(row).where(row.state.in_(_AHEAD)).order_by(row.state.desc(), row.id.desc()).limit(500)
    return session.scalars(query).all()


def compared_with(session: Session, row: ProcedureVersionRow) -> ProcedureVersionRow | None:
    """The version that this one replaces, or would replace; None for the first."""
    other = ProcedureVersionRow
    same = select(other).where(other.procedure_code == row.procedure_code, other.id != row.id)
    if row.state in _AHEAD:
        return session.scalar(same.where(other.state == VersionState.PUBLISHED))
    before = tuple_(other.effective_on, other.id) < tuple_(row.effective_on, row.id)
    was_live = or_(other.state.in_(_WAS_LIVE), other.id == row.based_on)
    return session.scalar(same.where(before, was_live).order_by(other.effective_on.desc(), other.id.desc()).limit(1))


def approved_ahead(session: Session, row: ProcedureVersionRow) -> Sequence[ProcedureVersionRow]:
    """Other versions of the same procedure that are approved for a day to come."""
    other = ProcedureVersionRow
    query = select(other).where(
        other.procedure_code == row.procedure_code, other.state == VersionState.APPROVED, other.id != row.id
    )
    return session.scalars(query.order_by(other.effective_on)).all()


def events_of(session: Session, version_id: int) -> Sequence[VersionEvent]:
    """What people did to a version, oldest first."""
    return session.scalars(
        select(VersionEvent).where(VersionEvent.version_id == version_id).order_by(VersionEvent.id)
    ).all()
