"""Which version of each procedure is in force, and what follows from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.publishing.models import CatalogLoad, Offering, ProcedureRow, ProcedureVersionRow, VersionState
from services_catalog.loader import library
from services_catalog.model import Procedure
from services_catalog.reference import AGENCY_GROUPS

_CATALOG_LOCK = 3701  # any number that no other advisory lock of ours has
_MAY_BE_IN_FORCE = (VersionState.APPROVED, VersionState.PUBLISHED, VersionState.SUPERSEDED)


def put_in_force(session: Session, now: datetime, *, always: bool = False) -> bool:
    """Make the newest version whose day has come (local day) the published one of each procedure.

    Runs after each change and through the day, so a version approved ahead takes effect on its day.
    Where anything changed (or `always`) the procedures' names, sectors and agencies follow their versions,
    and search indexes are built anew. Returns whether it did.
    """
    row = ProcedureVersionRow
    newest = (
        select(row.id)
        .where(row.state.in_(_MAY_BE_IN_FORCE), row.effective_on <= local_day(now))
        .ext(distinct_on(row.procedure_code))
        .order_by(row.procedure_code, row.effective_on.desc(), row.id.desc())
    )
    lock_catalog(session)
    due = set(session.scalars(newest))
    published = set(session.scalars(select(row.id).where(row.state == VersionState.PUBLISHED)))
    # A version whose day has come while a newer one was in force was passed over.
    passed = row.state == VersionState.APPROVED, row.effective_on <= local_day(now), row.id.not_in(due)
    if due == published and not always:
        _set_state(session, VersionState.SUPERSEDED, *passed)
        return False
    _set_state(session, VersionState.SUPERSEDED, row.id.in_(published - due), row.state == VersionState.PUBLISHED)
    _set_state(session, VersionState.PUBLISHED, row.id.in_(due - published), row.state.in_(_MAY_BE_IN_FORCE))
    _set_state(session, VersionState.SUPERSEDED, *passed)
    _follow_versions(session)
    mark_changed(session, now)
    return True


def lock_catalog(session: Session) -> None:
    """Let nobody else change what is in force until the end of the transaction. Taken before any row is locked."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CATALOG_LOCK})


def mark_changed(session: Session, now: datetime, *, digest: str | None = None) -> None:
    """Tell every process that what is searched has changed. `digest` is that of shipped data just loaded."""
    lock_catalog(session)
    last = session.scalar(select(CatalogLoad).order_by(CatalogLoad.id.desc()).limit(1))
    count = session.scalar(select(func.count()).select_from(ProcedureRow).where(ProcedureRow.is_offered)) or 0
    session.add(CatalogLoad(digest=digest or (last.digest if last else ""), procedures=count, loaded_at=now))
    session.flush()


def _set_state(session: Session, state: VersionState, *where: ColumnElement[bool]) -> None:
    session.execute(
        update(ProcedureVersionRow).where(*where).values(state=state),
        execution_options={"synchronize_session": "fetch"},
    )


def _follow_versions(session: Session) -> None:
    row = ProcedureVersionRow
    query = select(row.document).where(row.state == VersionState.PUBLISHED, row.ends_procedure.is_(False))
    procedures = [Procedure.model_validate(document) for document in session.scalars(query)]
    sectors = library().sectors
    session.execute(update(ProcedureRow).values(is_offered=False))
    if procedures:
        session.execute(
            update(ProcedureRow),
            [{"code": p.code, "name": p.name, "sector": sectors.get(p.sector, p.sector), "is_offered": True}
             for p in procedures],
        )  # fmt: skip
    session.execute(delete(Offering))
    members = _group_members(session)
    offerings = [offering for procedure in procedures for offering in _offerings(procedure, members)]
    if offerings:
        session.execute(insert(Offering), offerings)


def _offerings(procedure: Procedure, members: dict[str, list[str]]) -> list[dict[str, str]]:
    keys = {key for name in procedure.agencies for key in members.get(name, [name])}
    groups = {key: name for name in procedure.agencies for key in members.get(name, ())}
    named = {key: procedure.level_at(key, groups.get(key)) for key in sorted(keys)}
    return [{"procedure_code": procedure.code, "agency_key": key, "level": level} for key, level in named.items()]


def _group_members(session: Session) -> dict[str, list[str]]:
    """Agency keys by group name."""
    return {
        group.name: list(
            session.scalars(select(Agency.key).where(Agency.kind == group.kind, Agency.is_active).order_by(Agency.key))
        )
        for group in AGENCY_GROUPS
    }
