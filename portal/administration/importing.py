"""Units and people from a workbook: all of it, or nothing where a row is wrong.

A sheet "Đơn vị" and a sheet "Cán bộ"; each row of the latter is a position, so that a person with two has two rows.
What is known already is brought up to date; nobody loses a position and no unit ends because a file is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from portal.administration import audit
from portal.administration.audit import Subject
from portal.administration.models import AuditEntry
from portal.administration.people import ACTIVATION, LOGIN, NO_PASSWORD, hash_of, new_secret, phone_in
from portal.administration.units import KIND_NAMES, require_unit_keeper
from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.identity.actor import Actor
from portal.identity.models import ROLE_NAMES, Account, Position, Role
from services_catalog.exchange.entries import RowMistake, WrongFile
from services_catalog.exchange.workbook import open_tables, titles_and_rows
from services_catalog.text import nfc

UNITS, PEOPLE = "Đơn vị", "Cán bộ"
UNIT_COLUMNS = ("Mã đơn vị", "Tên", "Loại", "Mã định danh", "Mã cấp trên")
PEOPLE_COLUMNS = ("Tên đăng nhập", "Họ tên", "Điện thoại", "Mã đơn vị", "Vai trò", "Chức danh")
CODE_COLUMNS = ("Tên đăng nhập", "Họ tên", "Mã kích hoạt")
_KINDS = {name.lower(): kind for kind, name in KIND_NAMES.items()} | {kind: kind for kind in KIND_NAMES}
_ROLES = {name.lower(): role for role, name in ROLE_NAMES.items()} | {role.value: role for role in Role}


@dataclass
class Read:
    """What the workbook says, in rows ready for the database, and the mistakes in it."""

    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    positions: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    mistakes: list[RowMistake] = field(default_factory=list)


@dataclass(frozen=True)
class Imported:
    """What an import has done; `codes` are login, name and first code of everybody who is new."""

    units: int
    people: int
    positions: int
    codes: list[tuple[str, str, str]]


def read(session: Session, content: bytes) -> Read:
    """The workbook against what there is. Raises `WrongFile` for what is no such workbook."""
    pages = open_tables(content)
    if UNITS not in pages and PEOPLE not in pages:
        raise WrongFile([RowMistake("", 0, "", f"Tệp không có trang “{UNITS}” hay “{PEOPLE}”.")])
    found = Read()
    agencies = dict(session.execute(select(Agency.key, Agency.code)).all())
    working = set(session.scalars(select(Agency.key).where(Agency.is_active)))
    for number, cells in _lines(found, UNITS, UNIT_COLUMNS, pages.get(UNITS, [])):
        _read_unit(found, number, cells, agencies)
    for number, cells in _lines(found, PEOPLE, PEOPLE_COLUMNS, pages.get(PEOPLE, [])):
        _read_person(found, number, cells, working | found.units.keys())
    parents = dict(session.execute(select(Agency.key, Agency.parent_key)).all())
    _check_parents(found, parents)
    _check_logins(session, found)
    return found


def apply(session: Session, found: Read, file_name: str, *, by: Actor, now: datetime) -> Imported:
    """Write it in the caller's transaction. Raises `WrongFile` where anything is wrong, `Forbidden`."""
    require_unit_keeper(by)
    own = session.scalar(select(Account.login).where(Account.id == by.account_id)) if by.account_id else None
    if own in found.people:
        found.mistakes.append(RowMistake(PEOPLE, 0, "Tên đăng nhập", "Không tự giao vị trí cho mình bằng tệp."))
    if found.mistakes:
        raise WrongFile(found.mistakes)
    _write_units(session, found)
    codes = _write_people(session, found, now)
    new = _write_positions(session, found, local_day(now))
    done = Imported(len(found.units), len(found.people), len(new), codes)
    audit.record(session, by, Subject.IMPORT, file_name, "Nhập đơn vị và cán bộ", now, units=done.units,
                 people=done.people, new_people=len(codes), new_positions=done.positions)  # fmt: skip
    entries = [
        {"at": now, "actor_id": by.account_id, "subject": Subject.ACCOUNT, "subject_key": login, "what": "Giao vị trí",
         "details": {"agency": agency, "role": role, "file": file_name}}
        for login, agency, role in new
    ]  # fmt: skip
    if entries:
        session.execute(insert(AuditEntry), entries)
    return done


def _lines(found: Read, sheet: str, columns: Sequence[str], rows: list[list[Any]]) -> Iterable[tuple[int, list[str]]]:
    """The texts of each row in the order of `columns`."""
    if not rows:
        return
    titles, filled = titles_and_rows(rows)
    if missing := [title for title in columns if title not in titles]:
        found.mistakes.append(RowMistake(sheet, 1, missing[0], "Thiếu cột này."))
        return
    places = [titles.index(title) for title in columns]
    for number, row in filled:
        yield number, [nfc(_text(row[at])) if at < len(row) else "" for at in places]


def _text(value: Any) -> str:
    """A whole number stands in a cell as 912345678.0 at times."""
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value if value is not None else "")
    )


def _read_unit(found: Read, number: int, cells: list[str], agencies: dict[str, str | None]) -> None:
    key, name, kind, code, parent = cells
    key, code = key.lower(), new_spelling(code)

    def wrong(column: str, sentence: str) -> None:
        found.mistakes.append(RowMistake(UNITS, number, column, sentence))

    if not LOGIN.match(key):
        wrong("Mã đơn vị", "Mã đơn vị gồm chữ thường không dấu, số, gạch nối.")
    elif key in found.units:
        wrong("Mã đơn vị", f"Mã đơn vị {key} có hai lần.")
    if not name:
        wrong("Tên", "Chưa có tên.")
    if kind.lower() not in _KINDS:
        wrong("Loại", f"Loại là một trong: {', '.join(KIND_NAMES.values())}.")
    owner = next((k for k, c in agencies.items() if code and c == code and k != key), None)
    if owner or (code and any(unit["code"] == code for unit in found.units.values())):
        wrong("Mã định danh", "Mã này đã thuộc đơn vị khác.")
    found.units[key] = {"key": key, "name": name, "kind": _KINDS.get(kind.lower(), ""), "code": code or None,
                        "parent_key": parent.lower() or None, "row": number}  # fmt: skip


def _check_logins(session: Session, found: Read) -> None:
    """A login that belongs to somebody who is not staff is not taken over by a file."""
    query = select(Account.login).where(Account.login.in_(found.people), ~Account.positions.any())
    for login in session.scalars(query):
        sentence = f"Tên đăng nhập {login} đã thuộc một người không phải cán bộ."
        found.mistakes.append(RowMistake(PEOPLE, 0, "Tên đăng nhập", sentence))


def _check_parents(found: Read, parents: dict[str, str | None]) -> None:
    """Each unit stands below one that exists, and not below itself, whatever stands there now."""
    after = parents | {key: unit["parent_key"] for key, unit in found.units.items()}
    for unit in found.units.values():
        seen, parent = {unit["key"]}, unit["parent_key"]
        while parent in after and parent not in seen:
            seen.add(parent)
            parent = after[parent]
        if parent in seen or (unit["parent_key"] and unit["parent_key"] not in after):
            sentence = f"Cấp trên “{unit['parent_key']}” không có, hoặc nằm dưới chính đơn vị này."
            found.mistakes.append(RowMistake(UNITS, unit["row"], "Mã cấp trên", sentence))


def _read_person(found: Read, number: int, cells: list[str], keys: Iterable[str]) -> None:
    login, name, phone, agency, role, title = cells
    login, agency = login.lower(), agency.lower()
    errors: dict[str, str] = {}
    if not LOGIN.match(login):
        errors["Tên đăng nhập"] = "Tên đăng nhập gồm chữ thường không dấu, số, dấu chấm, gạch nối."
    if not name:
        errors["Họ tên"] = "Chưa có họ tên."
    before = found.people.get(login)
    if before and before["full_name"] != name:
        errors["Họ tên"] = f"Tên đăng nhập {login} đã thuộc người khác ở dòng trên."
    if agency not in keys:
        errors["Mã đơn vị"] = f"Không có đơn vị “{agency}”."
    if role.lower() not in _ROLES:
        errors["Vai trò"] = f"Vai trò là một trong: {', '.join(ROLE_NAMES.values())}."
    number_errors: dict[str, str] = {}
    kept = phone_in(phone, number_errors)
    if number_errors:
        errors["Điện thoại"] = number_errors["phone"]
    found.mistakes += [RowMistake(PEOPLE, number, column, sentence) for column, sentence in errors.items()]
    if not errors:
        found.people[login] = {"login": login, "full_name": name, "phone": kept or (before or {}).get("phone")}
        found.positions[login, agency, _ROLES[role.lower()]] = title or None


def _write_units(session: Session, found: Read) -> None:
    rows = [{k: v for k, v in unit.items() if k != "row"} | {"is_managed": True, "is_active": True,
             "code_is_placeholder": False} for unit in found.units.values()]  # fmt: skip
    if not rows:
        return
    # Codes are unique, and parents may stand below: first without both, then with them.
    bare = [{**row, "parent_key": None, "code": None} for row in rows]
    statement = upsert(Agency)
    # A unit that has ended stays ended: that is changed on its own page.
    names = ("name", "kind", "code", "parent_key", "is_managed", "code_is_placeholder")
    new = {name: statement.excluded[name] for name in names}
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=new), bare)
    session.execute(update(Agency), [{k: row[k] for k in ("key", "code", "parent_key")} for row in rows])


def _write_people(session: Session, found: Read, now: datetime) -> list[tuple[str, str, str]]:
    known = dict(session.execute(select(Account.login, Account.id).where(Account.login.in_(found.people))).all())
    new = [person for login, person in found.people.items() if login not in known]
    codes = [(person["login"], person["full_name"], new_secret()) for person in new]
    if new:
        session.execute(insert(Account), [
            {**person, "password_hash": NO_PASSWORD, "created_at": now, "activation_hash": hash_of(code),
             "activation_until": now + ACTIVATION}
            for person, (_, _, code) in zip(new, codes, strict=True)
        ])  # fmt: skip
    changed = [{"id": known[login], "full_name": p["full_name"], **({"phone": p["phone"]} if p["phone"] else {})}
               for login, p in found.people.items() if login in known]  # fmt: skip
    for row in changed:
        session.execute(update(Account).where(Account.id == row.pop("id")).values(**row))
    return codes


def _ids(session: Session, found: Read) -> dict[str, int]:
    query = select(Account.login, Account.id).where(Account.login.in_(found.people))
    return dict(session.execute(query).all())


def _write_positions(session: Session, found: Read, today: date) -> list[tuple[str, str, str]]:
    """The positions that are new, as (login, agency, role)."""
    ids = _ids(session, found)
    held = session.execute(
        select(Position.account_id, Position.agency_key, Position.role).where(
            Position.account_id.in_(ids.values()), (Position.valid_to.is_(None)) | (Position.valid_to >= today)
        )
    )
    holding = {(row.account_id, row.agency_key, row.role) for row in held}
    new = [(key, title) for key, title in found.positions.items() if (ids[key[0]], key[1], key[2]) not in holding]
    if new:
        session.execute(insert(Position), [
            {"account_id": ids[login], "agency_key": agency, "role": role, "title": title, "valid_from": today}
            for (login, agency, role), title in new
        ])  # fmt: skip
    return [key for key, _ in new]
