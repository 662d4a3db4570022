"""Files of procedures: what they would change, and applying that, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Forbidden, NotFound, Refusal
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.publishing.actions import make_room
from portal.publishing.in_force import lock_catalog, put_in_force
from portal.publishing.models import (
    CatalogImport,
    ImportState,
    Origin,
    ProcedureRow,
    ProcedureVersionRow,
    VersionEvent,
    VersionState,
)
from portal.publishing.permissions import keeps_everything
from portal.publishing.rows import release_in, version_row
from services_catalog.diff import FIELD_NAMES
from services_catalog.exchange import json_lines, national, workbook
from services_catalog.exchange.columns import CODE_TITLE, PROCEDURES
from services_catalog.exchange.entries import Entry, RowMistake, WrongFile
from services_catalog.library import Release, WrongRecord, as_document
from services_catalog.loader import library, national_columns
from services_catalog.text import nfc


@dataclass(frozen=True)
class Difference:
    """A procedure that a file changes; no `before`: it is new, or was ended and is to be offered again.

    `before_id` is the version that the file was compared with.
    """

    before: Release | None
    after: Release
    before_id: int | None = None


def read_file(file_name: str, content: bytes) -> list[Entry]:
    """What a file says: our workbook, JSON Lines, or a table of the national database. Raises `WrongFile`."""
    known = library()
    if PurePath(file_name.lower()).suffix in (".jsonl", ".ndjson"):
        return json_lines.read(content)
    tables = workbook.open_tables(content)
    ours = tables.get(PROCEDURES)
    if ours and CODE_TITLE in map(str, ours[0]):
        return workbook.read(content, known)
    return national.read(content, known, national_columns())


def differences(session: Session, entries: Iterable[Entry]) -> list[Difference]:
    """The procedures that would change, checked as a whole. Raises `WrongFile` with every row that is wrong.

    Procedures that the file does not name stay as they are.
    """
    known, current = library(), _in_force(session)
    found, mistakes = [], []
    for entry in entries:
        before_id, before = current.get(entry.code, (None, None))
        document = entry.document(as_document(before.procedure) if before else None)
        try:
            after = known.release(known.check(document))
        except WrongRecord as wrong:
            mistakes += _at_rows(entry, wrong)
            continue
        if before is None or before.procedure != after.procedure:
            found.append(Difference(before, after, before_id))
    if mistakes:
        raise WrongFile(mistakes)
    return found


def keep(
    session: Session, file_name: str, changed: Sequence[Difference], effective_on: date, note: str, *, by: Actor,
    now: datetime,
) -> CatalogImport:  # fmt: skip
    """Keep what a file changes, to be looked at and proposed. Raises `Forbidden`, `Refusal` where nothing changes."""
    _require(by, Role.CATALOG_EDITOR)
    if not changed:
        raise Refusal("nothing_new", "Tệp không có gì khác với danh mục đang áp dụng.")
    kept = CatalogImport(
        file_name=nfc(PurePath(file_name.replace("\\", "/")).name)[:200], state=ImportState.SHOWN,
        documents=[{"base": d.before_id, "document": as_document(d.after.procedure)} for d in changed],
        effective_on=effective_on,
        note=note, created_at=now, created_by=by.account_id,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    return kept


def kept_differences(session: Session, kept: CatalogImport) -> list[Difference]:
    """What a kept import changes. Raises `WrongFile` where a procedure has changed since the file was read."""
    entries = [Entry(item["document"]["code"], item["document"], {}, is_whole=True) for item in kept.documents]
    bases = {item["document"]["code"]: item["base"] for item in kept.documents}
    now = {code: version_id for code, (version_id, _) in _in_force(session).items()}
    moved = [
        RowMistake("", 0, code, "Thủ tục đã thay đổi sau khi tệp được tải lên. Hãy bỏ đợt này, xuất lại và nhập lại.")
        for code, base in bases.items()
        if now.get(code) != base
    ]
    if moved:
        raise WrongFile(moved)
    return differences(session, entries)


def propose(session: Session, import_id: int, *, by: Actor, now: datetime) -> CatalogImport:
    """Hand an import to the one who approves."""
    _require(by, Role.CATALOG_EDITOR)
    return _set(_locked(session, import_id, ImportState.SHOWN), ImportState.PROPOSED, by, now)


def discard(session: Session, import_id: int, *, by: Actor, now: datetime) -> CatalogImport:
    """Give an import up."""
    if not keeps_everything(by, Role.CATALOG_APPROVER):
        _require(by, Role.CATALOG_EDITOR)
    return _set(_locked(session, import_id, ImportState.SHOWN, ImportState.PROPOSED), ImportState.DISCARDED, by, now)


def apply(session: Session, import_id: int, *, by: Actor, now: datetime) -> CatalogImport:
    """Make all of a proposed import approved versions, by somebody else than who made it. Raises `WrongFile`."""
    _require(by, Role.CATALOG_APPROVER)
    lock_catalog(session)
    kept = _locked(session, import_id, ImportState.PROPOSED)
    if kept.created_by is not None and kept.created_by == by.account_id:
        raise Forbidden("Người nhập không tự duyệt được. Hãy nhờ người thứ hai.")
    day = max(kept.effective_on, local_day(now))
    approve_all(session, kept_differences(session, kept), day, note=kept.note or kept.file_name, editor=kept.created_by,
                by=by, now=now)  # fmt: skip
    return _set(kept, ImportState.APPLIED, by, now)


def approve_all(
    session: Session, changed: Sequence[Difference], effective_on: date, *, note: str, editor: int | None, by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Approved versions for all differences, in force from `effective_on` (local day) on."""
    if not changed:
        return
    lock_catalog(session)
    codes = [difference.after.procedure.code for difference in changed]
    known = set(session.scalars(select(ProcedureRow.code).where(ProcedureRow.code.in_(codes))))
    make_room(session, [d.after.procedure for d in changed if d.after.procedure.code not in known])
    rows = [
        {**version_row(difference.after, effective_on, VersionState.APPROVED, Origin.IMPORT, now),
         "note": note, "edited_by": editor, "decided_by": by.account_id}
        for difference in changed
    ]  # fmt: skip
    added = session.scalars(insert(ProcedureVersionRow).returning(ProcedureVersionRow.id), rows)
    events = [
        {"version_id": id, "event": event, "actor_id": actor_id, "at": now, "note": ""}
        for id in added
        for event, actor_id in (("imported", editor), ("approved", by.account_id))
    ]
    session.execute(insert(VersionEvent), events)
    put_in_force(session, now)


def latest(session: Session, limit: int = 20) -> Sequence[CatalogImport]:
    """The newest imports."""
    return session.scalars(select(CatalogImport).order_by(CatalogImport.id.desc()).limit(limit)).all()


def import_row(session: Session, import_id: int) -> CatalogImport:
    """One import. Raises `NotFound`."""
    found = session.get(CatalogImport, import_id)
    if found is None:
        raise NotFound("Không có đợt nhập này.")
    return found


def _in_force(session: Session) -> dict[str, tuple[int, Release]]:
    row = ProcedureVersionRow
    query = select(row).where(row.state == VersionState.PUBLISHED, row.ends_procedure.is_(False))
    return {found.procedure_code: (found.id, release_in(found)) for found in session.scalars(query)}


def _at_rows(entry: Entry, wrong: WrongRecord) -> list[RowMistake]:
    found = []
    for mistake in wrong.mistakes:
        sheet, row = entry.place_of(mistake.place)
        names = [FIELD_NAMES.get(str(part), str(part)) for part in mistake.place]
        found.append(RowMistake(sheet, row, nfc(f"{entry.code} {'.'.join(names)}"), nfc(mistake.sentence)))
    return found


def _require(by: Actor, role: Role) -> None:
    if not keeps_everything(by, role):
        raise Forbidden("Nhập danh mục là việc của người giữ danh mục toàn tỉnh.")


def _locked(session: Session, import_id: int, *states: ImportState) -> CatalogImport:
    kept = session.get(CatalogImport, import_id, with_for_update=True, populate_existing=True)
    if kept is None:
        raise NotFound("Không có đợt nhập này.")
    if kept.state not in states:
        raise Refusal("not_now", "Đợt nhập vừa được người khác xử lý.")
    return kept


def _set(kept: CatalogImport, state: ImportState, by: Actor, now: datetime) -> CatalogImport:
    kept.state, kept.decided_at, kept.decided_by = state, now, by.account_id
    return kept
