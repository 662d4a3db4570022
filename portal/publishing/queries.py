"""Reads of the live catalogue, and its search index."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.publishing.models import (
    CatalogLoad,
    Offering,
    ProcedureRow,
    ProcedureVersionRow,
    SearchSynonym,
    VersionState,
)
from portal.publishing.rows import release_in
from services_catalog.form import Form
from services_catalog.indexing import entry_of
from services_catalog.library import Release
from services_catalog.loader import phrase_synonyms
from services_catalog.model import Procedure
from services_catalog.reference import PhraseSynonym
from services_catalog.search import CatalogIndex, Entry
from services_catalog.terms import ServiceLevel
from services_catalog.text import fold, short_name
from services_catalog.workflow import Workflow


@dataclass(frozen=True)
class Listed:
    """A procedure as a list shows it."""

    code: str
    name: str
    sector: str

    @property
    def short_name(self) -> str:
        """The name as people say it."""
        return short_name(self.name)


@dataclass(frozen=True)
class Published:
    """A version of a procedure with its form and process, and the official name of its sector."""

    version_id: int
    procedure: Procedure
    form: Form
    workflow: Workflow
    sector: str


@dataclass(frozen=True)
class Offered:
    """An agency that takes applications, and how far the procedure goes online there."""

    agency: Agency
    level: ServiceLevel


class LiveIndex:
    """The search index of this process, built anew when another catalogue has become live."""

    def __init__(self, recheck_seconds: float = 5.0):
        self._recheck_seconds = recheck_seconds
        self._lock = threading.Lock()
        self._index: CatalogIndex | None = None
        self._load_id: int | None = None
        self._checked_at = 0.0

    def get(self, session: Session) -> CatalogIndex:
        """The index of the live catalogue, at most `recheck_seconds` old."""
        with self._lock:
            if self._index is None or time.monotonic() - self._checked_at > self._recheck_seconds:
                load_id = session.scalar(select(func.max(CatalogLoad.id)))
                if self._index is None or load_id != self._load_id:
                    self._index, self._load_id = _index(session), load_id
                self._checked_at = time.monotonic()
            return self._index


def _index(session: Session) -> CatalogIndex:
    made = session.scalars(select(SearchSynonym).order_by(SearchSynonym.id)).all()
    names: dict[str, list[str]] = {}
    for synonym in made:
        if synonym.procedure_code:
            names.setdefault(synonym.procedure_code, []).append(synonym.say)
    phrases = [PhraseSynonym(say=(s.say,), means=s.means) for s in made if s.means]
    return CatalogIndex(_entries(session, names), [*phrase_synonyms(), *phrases])


def _entries(session: Session, names: Mapping[str, Sequence[str]]) -> list[Entry]:
    query = (
        select(ProcedureRow, ProcedureVersionRow.document)
        .join(ProcedureVersionRow)
        .where(ProcedureRow.is_offered, ProcedureVersionRow.state == VersionState.PUBLISHED)
        .order_by(ProcedureRow.code)
    )
    return [
        entry_of(
            Procedure.model_validate(document),
            row.sector,
            also=(*filter(None, row.also_called.split(" | ")), *names.get(row.code, ())),
            rank=row.common_rank,
        )
        for row, document in session.execute(query)
    ]


def listed(session: Session, codes: list[str]) -> list[Listed]:
    """The procedures with these codes, in this order."""
    rows = {r.code: r for r in session.scalars(select(ProcedureRow).where(ProcedureRow.code.in_(codes)))}
    return [Listed(code, rows[code].name, rows[code].sector) for code in codes if code in rows]


def common(session: Session, limit: int) -> list[Listed]:
    """The procedures people ask for most."""
    query = select(ProcedureRow).where(ProcedureRow.common_rank.is_not(None)).order_by(ProcedureRow.common_rank)
    return [Listed(r.code, r.name, r.sector) for r in session.scalars(query.limit(limit))]


def count(session: Session) -> int:
    """How many procedures are offered."""
    return session.scalar(select(func.count()).select_from(ProcedureRow).where(ProcedureRow.is_offered)) or 0


def published(session: Session, code: str) -> Published | None:
    """The version of the procedure that is in force, or None."""
    return _one(
        session,
        ProcedureVersionRow.procedure_code == code,
        ProcedureVersionRow.state == VersionState.PUBLISHED,
        ProcedureRow.is_offered,
    )


def all_published(session: Session) -> list[Published]:
    """Every procedure in force, by code."""
    query = (
        select(ProcedureVersionRow, ProcedureRow.sector)
        .join(ProcedureRow)
        .where(ProcedureVersionRow.state == VersionState.PUBLISHED, ProcedureRow.is_offered)
        .order_by(ProcedureVersionRow.procedure_code)
    )
    return [_published(row, sector) for row, sector in session.execute(query)]


def version(session: Session, version_id: int) -> Published:
    """A version by its id, in force or not."""
    found = _one(session, ProcedureVersionRow.id == version_id)
    if found is None:
        raise LookupError(f"procedure version {version_id}")
    return found


def versions(session: Session, version_ids: Collection[int]) -> dict[int, Published]:
    """Versions by their ids, in force or not, with one question to the database."""
    columns = (ProcedureVersionRow.id, ProcedureVersionRow.digest, ProcedureRow.sector)
    query = select(*columns).join(ProcedureRow).where(ProcedureVersionRow.id.in_(version_ids))
    rows = session.execute(query).all() if version_ids else []
    return {r.id: _with(r.id, _release(session, r.id, r.digest), r.sector) for r in rows}


def _one(session: Session, *conditions: object) -> Published | None:
    columns = (ProcedureVersionRow.id, ProcedureVersionRow.digest, ProcedureRow.sector)
    found = session.execute(select(*columns).join(ProcedureRow).where(*conditions)).first()  # type: ignore[arg-type]
    return _with(found.id, _release(session, found.id, found.digest), found.sector) if found else None


def _release(session: Session, version_id: int, digest: str) -> Release:
    """What the version says, read once in a process for each content: a digest stands for one content for ever."""
    if digest not in _releases:
        if len(_releases) >= _MOST_RELEASES:
            _releases.clear()
        _releases[digest] = release_in(session.get_one(ProcedureVersionRow, version_id))
    return _releases[digest]


_MOST_RELEASES = 3000
_releases: dict[str, Release] = {}


def _published(row: ProcedureVersionRow, sector: str) -> Published:
    return _with(row.id, release_in(row), sector)


def _with(version_id: int, release: Release, sector: str) -> Published:
    return Published(version_id, release.procedure, release.form, release.workflow, sector)


def published_row(session: Session, code: str) -> ProcedureVersionRow | None:
    """The row of the version in force, also of one that ends the procedure; None if there is none."""
    row = ProcedureVersionRow
    return session.scalar(select(row).where(row.procedure_code == code, row.state == VersionState.PUBLISHED))


def is_in_force(session: Session, version_id: int) -> bool:
    """True if the version is the one that is offered now."""
    query = select(ProcedureVersionRow.id).where(
        ProcedureVersionRow.id == version_id,
        ProcedureVersionRow.state == VersionState.PUBLISHED,
        ProcedureVersionRow.ends_procedure.is_(False),
    )
    return session.scalar(query) is not None


def offering_agencies(session: Session, code: str) -> list[Offered]:
    """The agencies that handle the procedure, by name."""
    query = (
        select(Agency, Offering.level)
        .join(Offering, Offering.agency_key == Agency.key)
        .where(Offering.procedure_code == code, Agency.is_active)
        .order_by(Agency.key)
    )
    offered = [Offered(agency, ServiceLevel(level)) for agency, level in session.execute(query)]
    return sorted(offered, key=lambda found: fold(found.agency.name))
