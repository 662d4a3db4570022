"""Loading the shipped catalogue into the database: idempotent, all or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.agencies.models import Agency, AgencyPredecessor
from portal.publishing.in_force import lock_catalog, mark_changed, put_in_force
from portal.publishing.models import CatalogLoad, Origin, ProcedureRow, ProcedureVersionRow, VersionState
from portal.publishing.rows import version_row
from services_catalog.loader import DATA, Catalog, digest_of_data, load_catalog
from services_catalog.reference import AGENCY_GROUPS


@dataclass(frozen=True)
class LoadReport:
    """What a load changed."""

    procedures: int
    new_versions: int
    unchanged: bool


def load(session: Session, now: datetime, root: Path = DATA, *, force: bool = False) -> LoadReport:
    """Take the data below `root` into the live catalogue, in the caller's transaction.

    Versions that were edited or imported here stay: of all versions the newest by its day is in force.
    Skipped where the same data is live already, unless `force`. Raises `CatalogError`.
    """
    lock_catalog(session)
    digest = digest_of_data(root)
    last = session.scalar(select(CatalogLoad).order_by(CatalogLoad.id.desc()).limit(1))
    if last and last.digest == digest and not force:
        put_in_force(session, now)
        return LoadReport(last.procedures, 0, unchanged=True)
    catalog = load_catalog(root)
    _load_agencies(session, catalog)
    _load_procedures(session, catalog)
    new = _load_versions(session, catalog, now)
    mark_changed(session, now, digest=digest)
    put_in_force(session, now, always=True)
    return LoadReport(len(catalog.procedures), new, unchanged=False)


def _load_agencies(session: Session, catalog: Catalog) -> None:
    managed = dict(session.execute(select(Agency.key, Agency.code).where(Agency.is_managed)).all())
    rows = [_without(row, set(managed.values())) for row in _agency_rows(catalog) if row["key"] not in managed]
    keys = [row["key"] for row in rows]
    given = Agency.is_managed.is_(False)
    session.execute(update(Agency).where(given, Agency.key.not_in(keys)).values(is_active=False))
    # Codes are unique: free them all first, so that a new numbering may swap two of them.
    session.execute(update(Agency).where(given).values(code=None))
    # Parents first: a row may refer to one before it.
    for with_parent in (False, True):
        _upsert(session, Agency, ["key"], [row for row in rows if bool(row["parent_key"]) is with_parent])
    session.execute(delete(AgencyPredecessor).where(AgencyPredecessor.agency_key.not_in(managed)))
    pairs = [
        {"agency_key": f"ubnd-{place.code}", "predecessor_key": f"2021-{old}"}
        for place in catalog.places
        for old in place.merged_from
        if f"ubnd-{place.code}" not in managed
    ]
    if pairs:
        session.execute(insert(AgencyPredecessor), pairs)


def _without(row: dict[str, Any], taken: set[str | None]) -> dict[str, Any]:
    """The unit without its code, where that has been given to another one in the portal."""
    return row | {"code": None} if row["code"] in taken else row


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
        row(key := f"{group.prefix}-{place.code}", catalog.agency_name(key), group.kind, place_code=place.code,
            parent_key=group.parent)
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
    """A row for each code; what it says is set from the version in force by `put_in_force`."""
    ranks, also = catalog.common_ranks, catalog.also_called
    rows = [
        {
            "code": p.code,
            "name": p.name,
            "sector": catalog.sectors[p.sector],
            "is_offered": False,
            "common_rank": ranks.get(p.code),
            "also_called": " | ".join(also.get(p.code, ())),
        }
        for p in catalog.procedures.values()
    ]
    _upsert(session, ProcedureRow, ["code"], rows, changed=("common_rank", "also_called"))


def _load_versions(session: Session, catalog: Catalog, now: datetime) -> int:
    """Store versions not yet known; those no longer in the data are withdrawn. Returns how many are new."""
    row = ProcedureVersionRow
    from_files = row.origin == Origin.FILE
    query = select(row.procedure_code, row.effective_on, row.digest).where(from_files)
    known = {tuple(found) for found in session.execute(query)}
    releases = [(version, catalog.release(version.procedure)) for version in catalog.versions]
    in_files = [(version.procedure.code, version.effective_on, release.digest) for version, release in releases]
    refused = _withdrawn_by_people(session)
    new = []
    for key, (version, release) in zip(in_files, releases, strict=True):
        if key not in known:
            made = version_row(release, version.effective_on, VersionState.APPROVED, Origin.FILE, now)
            person = refused.get((*key[:2], json.dumps(made["document"], sort_keys=True)))
            new.append({**made, **({"state": VersionState.WITHDRAWN, "decided_by": person} if person else {})})
    if new:
        session.execute(insert(row), [{"decided_by": None, **made} for made in new])
    in_data = tuple_(row.procedure_code, row.effective_on, row.digest).in_(in_files)
    live = row.state.in_([VersionState.APPROVED, VersionState.PUBLISHED, VersionState.SUPERSEDED])
    session.execute(update(row).where(from_files, ~in_data, live).values(state=VersionState.WITHDRAWN))
    returned = (from_files, in_data, row.state == VersionState.WITHDRAWN, row.decided_by.is_(None))
    session.execute(update(row).where(*returned).values(state=VersionState.APPROVED))
    return len(new)


def _withdrawn_by_people(session: Session) -> dict[tuple[str, date, str], int]:
    """What people took back stays so also when only the shared form or process of a file has changed."""
    row = ProcedureVersionRow
    query = select(row.procedure_code, row.effective_on, row.document, row.decided_by).where(
        row.origin == Origin.FILE, row.state == VersionState.WITHDRAWN, row.decided_by.is_not(None)
    )
    return {
        (code, day, json.dumps(document, sort_keys=True)): person
        for code, day, document, person in session.execute(query)
    }


def _upsert(
    session: Session, table: Any, keys: list[str], rows: list[dict[str, Any]], changed: tuple[str, ...] = ()
) -> None:
    """Insert, or update the columns `changed` (all but the keys where it is empty) of rows that exist."""
    if not rows:
        return
    statement = insert(table)
    names = changed or tuple(name for name in rows[0] if name not in keys)
    values = {name: statement.excluded[name] for name in names}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)
