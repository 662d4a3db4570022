"""Units: making, changing and ending them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency, AgencyPredecessor
from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Stale
from portal.identity.actor import Actor
from portal.identity.models import Role
from services_catalog.text import nfc

KIND_NAMES = {
    "province": "Ủy ban nhân dân tỉnh",
    "department": "Sở, ban, ngành",
    "branch": "Chi cục, trung tâm",
    "commune": "Ủy ban nhân dân xã, phường",
    "police": "Công an",
    "commune_police": "Công an xã, phường",
    "desk": "Trung tâm phục vụ hành chính công",
}
_KEY = re.compile(r"^[a-z0-9][a-z0-9-]{1,60}$")
_CODE = re.compile(r"^H\d{2}(\.\d{2}){0,3}$")


def tree(session: Session, *, with_former: bool = False) -> list[tuple[int, Agency]]:
    """(depth, unit) of all units, each below the one it belongs to."""
    rows = session.scalars(select(Agency).order_by(Agency.kind.desc(), Agency.name)).all()
    shown = {row.key: row for row in rows if row.is_active or with_former}
    below: dict[str | None, list[Agency]] = {}
    for row in shown.values():
        below.setdefault(row.parent_key if row.parent_key in shown else None, []).append(row)
    found: list[tuple[int, Agency]] = []

    def walk(parent: str | None, depth: int) -> None:
        for row in below.get(parent, ()):
            found.append((depth, row))
            walk(row.key, depth + 1)

    walk(None, 0)
    return found


def require_unit_keeper(actor: Actor) -> None:
    """Units are kept for the whole province. Raises `Forbidden`."""
    if not actor.has_everywhere(Role.CONFIGURATOR):
        raise Forbidden("Đơn vị do quản trị cấu hình của tỉnh giữ.")


def save(session: Session, key: str | None, given: Mapping[str, str], *, by: Actor, now: datetime) -> Agency:
    """Make a unit (`key` None) or change one: name, kind, code, parent, dates, predecessors. Raises `Invalid`.

    `seen` is the `fingerprint` of what the person looked at: `Stale` where somebody has changed it since.

    A unit that was changed here is not taken from the data folder any more.
    """
    require_unit_keeper(by)
    agency = session.get(Agency, key, with_for_update=True) if key else Agency(key=nfc(given.get("key", "")).lower())
    if agency is None:
        raise NotFound("Không tìm thấy đơn vị này.")
    values, predecessors = _checked(session, agency, given, is_new=key is None)
    if key and given.get("seen", "") not in ("", fingerprint(session, agency)):
        raise Stale("Người khác vừa sửa đơn vị này. Hãy mở lại để xem nội dung mới rồi sửa.")
    before = {name: getattr(agency, name) for name in values} if key else {}
    was_awaited = bool(agency.is_awaited)
    for name, value in values.items():
        setattr(agency, name, value)
    agency.code_is_placeholder = False
    agency.is_managed = True
    today = local_day(now)
    agency.is_awaited = agency.valid_from is not None and agency.valid_from > today
    if agency.valid_to is not None or agency.is_awaited:
        agency.is_active = not agency.is_awaited and (agency.valid_to is None or agency.valid_to >= today)
    elif key is None or before.get("valid_to") is not None or was_awaited:
        agency.is_active = True  # one that ended without a day stays ended, whatever else is corrected
    session.add(agency)
    session.flush()
    _name_predecessors(session, agency, predecessors)
    changed = {n: [_text(before.get(n)), _text(v)] for n, v in values.items() if before.get(n) != v}
    what = "Sửa đơn vị" if key else "Thêm đơn vị"
    audit.record(session, by, Subject.AGENCY, agency.key, what, now, changed=changed)
    return agency


def fingerprint(session: Session, agency: Agency) -> str:
    """What an administrator sees of a unit, as a short text that differs where anything does."""
    names = ("name", "kind", "code", "parent_key", "valid_from", "valid_to", "is_active")
    seen = [*(str(getattr(agency, name)) for name in names), *(a.key for a in predecessors_of(session, agency.key))]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


def keep_days(session: Session, now: datetime) -> int:
    """Units exist from their first day, and after their last no longer; returns how many have changed."""
    today = local_day(now)
    begun = update(Agency).where(Agency.is_awaited, Agency.valid_from <= today).values(is_active=True, is_awaited=False)
    over = update(Agency).where(Agency.is_active, Agency.is_managed, Agency.valid_to < today).values(is_active=False)
    return sum(session.execute(change).rowcount for change in (begun, over))  # type: ignore[attr-defined]


def predecessors_of(session: Session, key: str) -> list[Agency]:
    """The units that were merged into this one."""
    query = select(Agency).join(AgencyPredecessor, AgencyPredecessor.predecessor_key == Agency.key)
    return list(session.scalars(query.where(AgencyPredecessor.agency_key == key).order_by(Agency.name)))


def _checked(
    session: Session, agency: Agency, given: Mapping[str, str], *, is_new: bool
) -> tuple[dict[str, Any], Sequence[str]]:
    errors: dict[str, str] = {}
    taken = session.scalar(select(Agency.key).where(Agency.key == agency.key)) if is_new else None
    if is_new and (taken or not _KEY.match(agency.key)):
        errors["key"] = "Hãy đặt mã chưa dùng: chữ thường không dấu, số, gạch nối, ví dụ so-tai-chinh."
    name, kind = nfc(given.get("name", "")), given.get("kind", "")
    if not name or len(name) > 200:
        errors["name"] = "Hãy ghi tên đơn vị, không quá 200 ký tự."
    if kind not in KIND_NAMES and kind != agency.kind:
        errors["kind"] = "Hãy chọn loại đơn vị."
    valid_from, valid_to = (_day(given, n, errors) for n in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_to < valid_from:
        errors["valid_to"] = "Ngày thôi hoạt động không trước ngày bắt đầu."
    values = {
        "name": name, "kind": kind, "code": _code(session, agency, given, errors), "valid_from": valid_from,
        "parent_key": _parent(session, agency, given, errors), "valid_to": valid_to,
    }  # fmt: skip
    former = _former(session, agency, given, errors)
    if errors:
        raise Invalid(errors)
    return values, former


def _code(session: Session, agency: Agency, given: Mapping[str, str], errors: dict[str, str]) -> str | None:
    code = new_spelling(given.get("code", ""))
    if code and not _CODE.match(code):
        errors["code"] = "Mã định danh có dạng H37.19.05 (hoặc 000.05.19.H37)."
    elif code and session.scalar(select(Agency.key).where(Agency.code == code, Agency.key != agency.key)):
        errors["code"] = "Mã định danh này đã thuộc đơn vị khác."
    return code or None


def _parent(session: Session, agency: Agency, given: Mapping[str, str], errors: dict[str, str]) -> str | None:
    parents = dict(session.execute(select(Agency.key, Agency.parent_key)).all())
    parent = given.get("parent") or None
    if parent and (parent not in parents or parent in _below(parents, agency.key)):
        errors["parent"] = "Hãy chọn cấp trên là một đơn vị khác, không nằm dưới đơn vị này."
    return parent


def _former(session: Session, agency: Agency, given: Mapping[str, str], errors: dict[str, str]) -> list[str]:
    keys = [key for key in nfc(given.get("predecessors", "")).replace(",", " ").split() if key != agency.key]
    known = set(session.scalars(select(Agency.key).where(Agency.key.in_(keys))))
    if missing := [key for key in keys if key not in known]:
        errors["predecessors"] = f"Không có đơn vị nào mang mã “{missing[0]}”."
    return keys


def _below(parents: Mapping[str, str | None], key: str) -> set[str]:
    """The unit itself and all that belong to it: none of them can be its parent."""
    found = {key}
    while more := {k for k, parent in parents.items() if parent in found and k not in found}:
        found |= more
    return found


def _name_predecessors(session: Session, agency: Agency, keys: Sequence[str]) -> None:
    session.execute(delete(AgencyPredecessor).where(AgencyPredecessor.agency_key == agency.key))
    session.add_all(AgencyPredecessor(agency_key=agency.key, predecessor_key=key) for key in dict.fromkeys(keys))
    session.flush()


def _day(given: Mapping[str, str], name: str, errors: dict[str, str]) -> date | None:
    text = (given.get(name) or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors[name] = "Hãy chọn ngày."
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value)
