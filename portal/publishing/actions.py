"""Loading the shipped catalogue into the database: idempotent, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from portal.agencies.models import Agency, AgencyPredecessor
from portal.base.clock import local_day
from portal.publishing.models import CatalogLoad, Offering, ProcedureRow, ProcedureVersionRow, VersionState
from services_catalog.loader import DATA, Catalog, ProcedureVersion, as_document, digest_of_data, load_catalog
from services_catalog.model import Procedure
from services_catalog.reference import AGENCY_GROUPS

_LOAD_LOCK = 3701  # any number that no other advisory lock of ours has


@dataclass(frozen=True)
class LoadReport:
    """What a load changed."""

    procedures: int
    new_versions: int
    unchanged: bool


def load(session: Session, now: datetime, root: Path = DATA, *, force: bool = False) -> LoadReport:
    """Make the live catalogue equal to the data below `root`, in the caller's transaction.

    Skipped where the same data is live already, unless `force`. Raises `CatalogError`.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOAD_LOCK})
    digest = digest_of_data(root)
    last = session.scalar(select(CatalogLoad).order_by(CatalogLoad.id.desc()).limit(1))
    if last and last.digest == digest and not force:
        publish_and_record(session, now)
        return LoadReport(last.procedures, 0, unchanged=True)
    catalog = load_catalog(root)
    _load_agencies(session, catalog)
    _load_procedures(session, catalog)
    new = _load_versions(session, catalog, now)
    publish_in_force(session, now)
    count = len(catalog.procedures)
    session.add(CatalogLoad(digest=digest, procedures=count, loaded_at=now))
    return LoadReport(count, new, unchanged=False)


def publish_and_record(session: Session, now: datetime) -> None:
    """`publish_in_force`, and a new load entry where that changed anything, so that search indexes are rebuilt."""
    last = session.scalar(select(CatalogLoad).order_by(CatalogLoad.id.desc()).limit(1))
    if last and publish_in_force(session, now):
        session.add(CatalogLoad(digest=last.digest, procedures=last.procedures, loaded_at=now))


def _load_agencies(session: Session, catalog: Catalog) -> None:
    rows = _agency_rows(catalog)
    keys = [row["key"] for row in rows]
    session.execute(update(Agency).where(Agency.key.not_in(keys)).values(is_active=False))
    # Codes are unique: free them all first, so that a new numbering may swap two of them.
    session.execute(update(Agency).values(code=None))
    # Parents first: a row may refer to one before it.
    for with_parent in (False, True):
        _upsert(session, Agency, ["key"], [row for row in rows if bool(row["parent_key"]) is with_parent])
    session.execute(delete(AgencyPredecessor))
    pairs = [
        {"agency_key": f"ubnd-{place.code}", "predecessor_key": f"2021-{old}"}
        for place in catalog.places
        for old in place.merged_from
    ]
    if pairs:
        session.execute(insert(AgencyPredecessor), pairs)


def _agency_rows(catalog: Catalog) -> list[dict[str, Any]]:
    codes = catalog.codes

    def row(key: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
        base = {"parent_key": None, "place_code": None, "is_active": True}
        code = codes.codes.get(key)
        marked = codes.placeholder and code not in (None, "H37")
        return {**base, "key": key, "name": name, "kind": kind, "code": code, "code_is_placeholder": marked, **more}

    listed = [row(a.key, a.name, a.kind, parent_key=a.parent) for a in catalog.agencies.values()]
    listed.sort(key=lambda r: len(_ancestors(r["key"], catalog)))
    local = [
        row(f"{group.prefix}-{place.code}", f"{group.title} {_lower_first(place.name)}", group.kind,
            place_code=place.code, parent_key=group.parent)
        for group in AGENCY_GROUPS
        for place in catalog.places
    ]  # fmt: skip
    former = [
        row(f"2021-{f.code}", f"Ủy ban nhân dân {_lower_first(f.name)}", f"former_{f.kind}", place_code=f.code,
            is_active=False, parent_key="ubnd-tinh" if f.parent == "20" else f"2021-{f.parent}")
        for f in sorted(catalog.former_places, key=lambda f: f.parent != "20")
    ]  # fmt: skip
    return [*listed, *local, *former]


def _ancestors(key: str, catalog: Catalog) -> list[str]:
    found: list[str] = []
    parent = catalog.agencies[key].parent
    while parent:
        found.append(parent)
        parent = catalog.agencies[parent].parent
    return found


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _load_procedures(session: Session, catalog: Catalog) -> None:
    """A row for each code; what it says is set from the version in force by `publish_in_force`."""
    common = {c.code: (rank, " | ".join(c.also)) for rank, c in enumerate(catalog.synonyms.procedures)}
    rows = [
        {
            "code": p.code,
            "name": p.name,
            "sector": catalog.sectors[p.sector],
            "is_offered": False,
            "common_rank": common.get(p.code, (None, ""))[0],
            "also_called": common.get(p.code, (None, ""))[1],
        }
        for p in catalog.procedures.values()
    ]
    _upsert(session, ProcedureRow, ["code"], rows)


def _load_versions(session: Session, catalog: Catalog, now: datetime) -> int:
    """Store versions not yet known; those no longer in the data are withdrawn. Returns how many are new."""
    known = {(row.procedure_code, row.digest) for row in session.execute(
        select(ProcedureVersionRow.procedure_code, ProcedureVersionRow.digest))}  # fmt: skip
    new = [v for v in catalog.versions if (v.procedure.code, v.digest) not in known]
    if new:
        session.execute(insert(ProcedureVersionRow), [_version_row(version, now) for version in new])
    digests = [version.digest for version in catalog.versions]
    in_data = ProcedureVersionRow.digest.in_(digests)
    _set_state(session, VersionState.WITHDRAWN, ~in_data)
    _set_state(session, VersionState.WAITING, in_data, ProcedureVersionRow.state == VersionState.WITHDRAWN)
    return len(new)


def _version_row(version: ProcedureVersion, now: datetime) -> dict[str, Any]:
    return {
        "procedure_code": version.procedure.code,
        "effective_on": version.effective_on,
        "digest": version.digest,
        "state": VersionState.WAITING,
        "document": as_document(version.procedure),
        "loaded_at": now,
    }


def publish_in_force(session: Session, now: datetime) -> bool:
    """Make the newest version in force today (local day) the published one of each procedure.

    Runs with each load and every day, so a version loaded ahead takes effect on its day. Returns whether
    anything changed; then the procedures' names, sectors and agencies follow their versions.
    """
    row = ProcedureVersionRow
    in_force = (
        select(row.id)
        .where(row.state != VersionState.WITHDRAWN, row.effective_on <= local_day(now))
        .ext(distinct_on(row.procedure_code))
        .order_by(row.procedure_code, row.effective_on.desc(), row.id.desc())
    )
    due = set(session.scalars(in_force))
    published = set(session.scalars(select(row.id).where(row.state == VersionState.PUBLISHED)))
    offered = set(session.scalars(select(ProcedureRow.code).where(ProcedureRow.is_offered)))
    if due == published and len(offered) == len(due):
        return False
    _set_state(session, VersionState.SUPERSEDED, row.state == VersionState.PUBLISHED, row.id.not_in(due))
    _set_state(session, VersionState.PUBLISHED, row.id.in_(due))
    _follow_versions(session)
    return True


def _set_state(session: Session, state: VersionState, *where: ColumnElement[bool]) -> None:
    session.execute(update(ProcedureVersionRow).where(*where).values(state=state))


def _follow_versions(session: Session) -> None:
    query = select(ProcedureVersionRow.document).where(ProcedureVersionRow.state == VersionState.PUBLISHED)
    procedures = [Procedure.model_validate(document) for document in session.scalars(query)]
    members = _group_members(session)
    session.execute(update(ProcedureRow).values(is_offered=False))
    session.execute(
        update(ProcedureRow),
        [{"code": p.code, "name": p.name, "is_offered": True} for p in procedures],
    )
    session.execute(delete(Offering))
    offerings = [
        {"procedure_code": p.code, "agency_key": key} for p in procedures for name in p.agencies
        for key in members.get(name, [name])
    ]  # fmt: skip
    if offerings:
        session.execute(insert(Offering), offerings)


def _group_members(session: Session) -> dict[str, list[str]]:
    """Agency keys by group name."""
    return {
        group.name: list(
            session.scalars(select(Agency.key).where(Agency.kind == group.kind, Agency.is_active).order_by(Agency.key))
        )
        for group in AGENCY_GROUPS
    }


def _upsert(session: Session, table: Any, keys: list[str], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)
