"""Loading the shipped catalogue into the database: idempotent, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.agencies.models import Agency, AgencyPredecessor
from portal.base.clock import local_day
from portal.publishing.models import CatalogLoad, Offering, ProcedureRow, ProcedureVersionRow, VersionState
from services_catalog.loader import DATA, Catalog, ProcedureVersion, as_document, digest_of_data, load_catalog

_LOAD_LOCK = 3701  # any number that no other advisory lock of ours has
_PLACE_AGENCIES = (
    ("ubnd", "Ủy ban nhân dân", "commune", None),
    ("cong-an", "Công an", "commune_police", "cong-an-tinh"),
)


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
        return LoadReport(last.procedures, 0, unchanged=True)
    catalog = load_catalog(root)
    _load_agencies(session, catalog)
    _load_procedures(session, catalog)
    new = _load_versions(session, catalog, now)
    _load_offerings(session, catalog)
    count = len(catalog.procedures)
    session.add(CatalogLoad(digest=digest, procedures=count, loaded_at=now))
    return LoadReport(count, new, unchanged=False)


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
        row(f"{prefix}-{p.code}", f"{title} {_lower_first(p.name)}", kind,
            place_code=p.code, parent_key=parent or "ubnd-tinh")
        for prefix, title, kind, parent in _PLACE_AGENCIES
        for p in catalog.places
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
    common = {c.code: (rank, " | ".join(c.also)) for rank, c in enumerate(catalog.synonyms.procedures)}
    rows = [
        {
            "code": p.code,
            "name": p.name,
            "sector": catalog.sectors[p.sector],
            "is_offered": True,
            "common_rank": common.get(p.code, (None, ""))[0],
            "also_called": common.get(p.code, (None, ""))[1],
        }
        for p in catalog.procedures.values()
    ]
    codes = [row["code"] for row in rows]
    session.execute(update(ProcedureRow).where(ProcedureRow.code.not_in(codes)).values(is_offered=False))
    _upsert(session, ProcedureRow, ["code"], rows)


def _load_versions(session: Session, catalog: Catalog, now: datetime) -> int:
    """Store versions not yet known and publish, of each procedure, the newest that is in force today."""
    known = {(row.procedure_code, row.digest) for row in session.execute(
        select(ProcedureVersionRow.procedure_code, ProcedureVersionRow.digest))}  # fmt: skip
    new = [v for v in catalog.versions if (v.procedure.code, v.digest) not in known]
    if new:
        session.execute(insert(ProcedureVersionRow), [_version_row(version, now) for version in new])
    today = local_day(now)
    in_force = sorted(
        (v for v in catalog.versions if v.effective_on <= today), key=lambda v: (v.procedure.code, v.effective_on)
    )
    current = {v.procedure.code: v.digest for v in in_force}
    digests = list(current.values())
    session.execute(
        update(ProcedureVersionRow)
        .where(ProcedureVersionRow.state == VersionState.PUBLISHED, ProcedureVersionRow.digest.not_in(digests))
        .values(state=VersionState.SUPERSEDED)
    )
    session.execute(
        update(ProcedureVersionRow)
        .where(ProcedureVersionRow.state != VersionState.PUBLISHED, ProcedureVersionRow.digest.in_(digests))
        .values(state=VersionState.PUBLISHED)
    )
    return len(new)


def _version_row(version: ProcedureVersion, now: datetime) -> dict[str, Any]:
    return {
        "procedure_code": version.procedure.code,
        "effective_on": version.effective_on,
        "digest": version.digest,
        "state": VersionState.SUPERSEDED,
        "document": as_document(version.procedure),
        "loaded_at": now,
    }


def _load_offerings(session: Session, catalog: Catalog) -> None:
    session.execute(delete(Offering))
    session.execute(
        insert(Offering),
        [
            {"procedure_code": p.code, "agency_key": key}
            for p in catalog.procedures.values()
            for key in catalog.offering_agencies(p)
        ],
    )


def _upsert(session: Session, table: Any, keys: list[str], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)
