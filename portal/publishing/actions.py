"""Changing the catalogue: draft, proposal, approval by a second person, undoing. The web and imports call these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.identity.actor import Actor
from portal.publishing.in_force import lock_catalog, put_in_force
from portal.publishing.models import Origin, ProcedureRow, ProcedureVersionRow, VersionEvent, VersionState
from portal.publishing.permissions import may_approve, may_edit
from portal.publishing.queries import published_row
from portal.publishing.rows import content_of, release_in, version_row
from services_catalog.library import Release
from services_catalog.loader import library
from services_catalog.model import Procedure

_OPEN = (VersionState.DRAFT, VersionState.PROPOSED)


def open_draft(session: Session, code: str, *, by: Actor, now: datetime) -> ProcedureVersionRow:
    """The open draft of a procedure, begun as a copy of the version in force if there is none.

    Raises `NotFound`, `Forbidden`.
    """
    row = ProcedureVersionRow
    lock_catalog(session)  # two editors at once get the same draft
    opened = session.scalar(select(row).where(row.procedure_code == code, row.state.in_(_OPEN)))
    source = opened or published_row(session, code)
    if source is None:
        raise NotFound("Không có thủ tục này.")
    _require(may_edit(by, _agencies(source)))
    return opened or _new_draft(session, release_in(source), local_day(now), by, now, based_on=source.id)


def begin_procedure(session: Session, document: Mapping[str, Any], *, by: Actor, now: datetime) -> ProcedureVersionRow:
    """The first draft of a new procedure. Raises `WrongRecord`, `Invalid` for a code that exists, `Forbidden`."""
    procedure = library().check(document)
    _require(may_edit(by, procedure.agencies))
    lock_catalog(session)
    if _was_ever_more_than_given_up(session, procedure.code):
        raise Invalid({"code": "Mã này đã có trong danh mục."})
    if session.get(ProcedureRow, procedure.code) is None:
        make_room(session, [procedure])
    return _new_draft(session, library().release(procedure), local_day(now), by, now)


def make_room(session: Session, procedures: Collection[Procedure]) -> None:
    """Rows for procedures that do not exist yet; they are offered once a version is in force."""
    sectors = library().sectors
    session.add_all(
        ProcedureRow(code=p.code, name=p.name, sector=sectors[p.sector], is_offered=False) for p in procedures
    )
    session.flush()


def save(
    session: Session, version_id: int, document: Mapping[str, Any], *, effective_on: date, note: str, by: Actor,
    now: datetime, revision: int | None = None,
) -> ProcedureVersionRow:  # fmt: skip
    """Replace what a draft says, checked as a whole. `effective_on` is the local day it takes effect.

    Raises `WrongRecord`, `Stale` if somebody saved since `revision`, `Forbidden`, `Refusal`.
    """
    row = _locked(session, version_id, (VersionState.DRAFT,), revision)
    procedure = library().check({**document, "code": row.procedure_code})
    _require(may_edit(by, _agencies_before(session, row)) and may_edit(by, procedure.agencies))
    for name, value in content_of(library().release(procedure)).items():
        setattr(row, name, value)
    row.effective_on, row.note, row.edited_by = effective_on, note, by.account_id
    _record(session, row, "saved", by, now)
    return row


def end_procedure(
    session: Session, code: str, *, effective_on: date, note: str, by: Actor, now: datetime
) -> ProcedureVersionRow:
    """Propose that a procedure is no longer offered from a day on. Raises `Invalid` without a reason."""
    if not note.strip():
        raise Invalid({"note": "Hãy ghi quyết định hoặc lý do bãi bỏ."})
    row = open_draft(session, code, by=by, now=now)
    if row.revision > 1 or row.state != VersionState.DRAFT:
        raise Refusal("draft_exists", "Thủ tục đang có bản nháp. Hãy gửi duyệt hoặc bỏ bản nháp trước.")
    row.ends_procedure, row.effective_on, row.note, row.edited_by = True, effective_on, note, by.account_id
    return propose(session, row.id, by=by, now=now)


def propose(
    session: Session, version_id: int, *, by: Actor, now: datetime, revision: int | None = None
) -> ProcedureVersionRow:
    """Hand a draft to the one who approves. Raises `WrongRecord` if it no longer fits what exists."""
    row = _locked(session, version_id, (VersionState.DRAFT,), revision)
    _require(may_edit(by, _agencies(row)))
    if not row.ends_procedure:
        library().check(row.document)
    return _set(session, row, VersionState.PROPOSED, "proposed", by, now)


def send_back(
    session: Session, version_id: int, reason: str, *, by: Actor, now: datetime, revision: int | None = None
) -> ProcedureVersionRow:
    """Back to the editor, with what is to be done."""
    row = _locked(session, version_id, (VersionState.PROPOSED,), revision)
    _require(may_approve(by, _agencies(row)) or may_edit(by, _agencies(row)))
    if not reason.strip():
        raise Invalid({"reason": "Hãy ghi điều cần sửa."})
    return _set(session, row, VersionState.DRAFT, "sent_back", by, now, reason)


def approve(
    session: Session, version_id: int, *, by: Actor, now: datetime, revision: int | None = None
) -> ProcedureVersionRow:
    """Let a proposed version take effect on its day, today at the earliest. Who edited it may not approve it.

    It never takes effect before the version it replaces. Cases that are open keep their own version.
    `revision` is what the approver looked at: `Stale` is raised if it has been edited since.
    """
    row = _locked(session, version_id, (VersionState.PROPOSED,), revision)
    _require_second_person(session, row, by)
    if not row.ends_procedure:
        for name, value in content_of(library().release(library().check(row.document))).items():
            setattr(row, name, value)
    last = published_row(session, row.procedure_code)
    row.effective_on = max(row.effective_on, local_day(now), last.effective_on if last else date.min)
    row.decided_by = by.account_id
    _set(session, row, VersionState.APPROVED, "approved", by, now)
    put_in_force(session, now)
    return row


def discard(
    session: Session, version_id: int, *, by: Actor, now: datetime, revision: int | None = None
) -> ProcedureVersionRow:
    """Give up a draft or a proposal."""
    row = _locked(session, version_id, _OPEN, revision)
    _require(may_edit(by, _agencies(row)))
    row.decided_by = by.account_id
    return _set(session, row, VersionState.WITHDRAWN, "discarded", by, now)


def undo(
    session: Session, version_id: int, reason: str, *, by: Actor, now: datetime, revision: int | None = None
) -> ProcedureVersionRow:
    """Take an approved or published version back: the one before it is in force again at once.

    Cases filed under it meanwhile keep it. Raises `Refusal` where nothing would be left to offer.
    """
    row = _locked(session, version_id, (VersionState.APPROVED, VersionState.PUBLISHED), revision)
    _require(may_approve(by, _agencies(row)))
    if not reason.strip():
        raise Invalid({"reason": "Hãy ghi lý do hoàn tác."})
    if row.state == VersionState.PUBLISHED and not _has_earlier(session, row):
        raise Refusal("nothing_before", "Đây là phiên bản duy nhất. Muốn ngừng thủ tục, hãy dùng “Bãi bỏ”.")
    row.decided_by = by.account_id
    _set(session, row, VersionState.WITHDRAWN, "undone", by, now, reason)
    put_in_force(session, now)
    return row


_NOT_YOURS = "Thủ tục này không thuộc phạm vi bạn phụ trách."


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden(_NOT_YOURS)


def _require_second_person(session: Session, row: ProcedureVersionRow, by: Actor) -> None:
    wrote = select(VersionEvent.actor_id).where(
        VersionEvent.version_id == row.id, VersionEvent.event.in_(["opened", "saved", "imported"])
    )
    editors = {row.edited_by, *session.scalars(wrote)}
    if by.account_id in editors and not by.is_system:
        raise Forbidden("Người soạn không tự duyệt được. Hãy nhờ người thứ hai.")
    _require(may_approve(by, {*_agencies(row), *_agencies_before(session, row)}, editors))


def _locked(
    session: Session, version_id: int, states: tuple[VersionState, ...], revision: int | None = None
) -> ProcedureVersionRow:
    lock_catalog(session)
    row = session.get(ProcedureVersionRow, version_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("Không có phiên bản này.")
    if row.state not in states:
        raise Refusal("not_now", "Phiên bản vừa được người khác xử lý. Hãy xem lại tình trạng mới.")
    if revision is not None and revision != row.revision:
        raise Stale("Người khác vừa sửa phiên bản này. Hãy xem lại nội dung mới rồi quyết định.")
    return row


def _agencies(row: ProcedureVersionRow) -> list[str]:
    found: list[str] = row.document["agencies"]
    return found


def _agencies_before(session: Session, row: ProcedureVersionRow) -> list[str]:
    """Who handles the procedure now, which a new version may not take away from them unasked."""
    before = published_row(session, row.procedure_code)
    return _agencies(before or row)


def _new_draft(
    session: Session, release: Release, effective_on: date, by: Actor, now: datetime, based_on: int | None = None
) -> ProcedureVersionRow:
    columns = version_row(release, effective_on, VersionState.DRAFT, Origin.EDITOR, now)
    row = ProcedureVersionRow(**columns, edited_by=by.account_id, based_on=based_on)
    session.add(row)
    session.flush()
    _record(session, row, "opened", by, now)
    return row


def _set(
    session: Session,
    row: ProcedureVersionRow,
    state: VersionState,
    event: str,
    by: Actor,
    now: datetime,
    note: str = "",
) -> ProcedureVersionRow:
    row.state = state
    _record(session, row, event, by, now, note)
    return row


def _record(session: Session, row: ProcedureVersionRow, event: str, by: Actor, now: datetime, note: str = "") -> None:
    session.add(VersionEvent(version_id=row.id, event=event, actor_id=by.account_id, at=now, note=note))
    session.flush()


def _has_earlier(session: Session, row: ProcedureVersionRow) -> bool:
    other = ProcedureVersionRow
    query = select(other.id).where(other.procedure_code == row.procedure_code, other.state == VersionState.SUPERSEDED)
    return session.scalar(query.limit(1)) is not None


def _was_ever_more_than_given_up(session: Session, code: str) -> bool:
    """True if the procedure has any version that is not just a draft that was given up."""
    row = ProcedureVersionRow
    given_up = row.state == VersionState.WITHDRAWN, row.origin == Origin.EDITOR
    ever = select(row.id).where(row.procedure_code == code, ~and_(*given_up))
    approved = select(VersionEvent.id).join(row).where(row.procedure_code == code, VersionEvent.event == "approved")
    return session.scalar(ever.limit(1)) is not None or session.scalar(approved.limit(1)) is not None
