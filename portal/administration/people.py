"""People of the staff: accounts, positions, first passwords."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, selectinload

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound
from portal.identity import actions as identity
from portal.identity.actor import Actor
from portal.identity.models import CASE_ROLES, ROLE_NAMES, Account, Delegation, Position, Role
from services_catalog.phones import phone_of
from services_catalog.text import nfc

LOGIN = re.compile(r"^[a-z0-9][a-z0-9._-]{1,60}$")
# Nobody's password: hashes do not look like this.
NO_PASSWORD = "!"  # noqa: S105
ACTIVATION = timedelta(days=30)
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_SHORTEST_PASSWORD = 10
_LONGEST_NAME = 100
_LONGEST_TITLE = 150
_TITLE_TOO_LONG = f"Chức danh dài quá {_LONGEST_TITLE} ký tự."


def may_keep(actor: Actor, agency_key: str, role: Role | None = None) -> bool:
    """Who configures an agency appoints its people; roles beyond its cases are given for the whole province alone."""
    if actor.has_everywhere(Role.CONFIGURATOR):
        return True
    return actor.has(Role.CONFIGURATOR, agency_key) and (role is None or role in CASE_ROLES)


def search(session: Session, actor: Actor, typed: str, agency_key: str, *, limit: int = 100) -> Sequence[Account]:
    """Staff by login or by words of the name, at an agency or anywhere that the person keeps."""
    query = select(Account).where(Account.positions.any()).options(selectinload(Account.positions))
    if not actor.has_everywhere(Role.CONFIGURATOR):
        kept = [agency for agency, role in actor.roles if role is Role.CONFIGURATOR]
        query = query.where(Account.positions.any(Position.agency_key.in_(kept)))
    if agency_key:
        query = query.where(Account.positions.any(Position.agency_key == agency_key))
    if typed := nfc(typed):
        like = f"%{typed.replace('%', '').replace('_', '')}%"
        query = query.where(or_(Account.login == typed.lower(), Account.full_name.ilike(like)))
    return session.scalars(query.order_by(Account.full_name, Account.id).limit(limit)).all()


def account_for(session: Session, actor: Actor, login: str) -> Account:
    """A member of staff whom the person keeps. Raises `NotFound`."""
    query = select(Account).where(Account.login == login).options(selectinload(Account.positions))
    found = session.scalar(query)
    if found is None or not found.positions or not any(may_keep(actor, p.agency_key) for p in found.positions):
        raise NotFound("Không tìm thấy cán bộ này.")
    return found


def hire(session: Session, given: Mapping[str, str], *, by: Actor, now: datetime) -> tuple[Account, str]:
    """A new member of staff with a first position, and the code with which they choose a password. Raises `Invalid`."""
    login, name = identity.login_key(given.get("login", "")), nfc(given.get("full_name", ""))
    errors: dict[str, str] = {}
    if not LOGIN.match(login):
        errors["login"] = "Tên đăng nhập gồm chữ thường không dấu, số, dấu chấm, gạch nối."
    elif session.scalar(select(Account.id).where(Account.login == login)):
        errors["login"] = "Tên đăng nhập này đã có người dùng."
    if not name or len(name) > _LONGEST_NAME:
        errors["full_name"] = f"Hãy ghi họ tên, không quá {_LONGEST_NAME} ký tự."
    if len(nfc(given.get("title", ""))) > _LONGEST_TITLE:
        errors["title"] = _TITLE_TOO_LONG
    phone = phone_in(given.get("phone", ""), errors)
    place = _place(session, given, errors, by)
    if errors or place is None:
        raise Invalid(errors)
    account = Account(login=login, password_hash=NO_PASSWORD, full_name=name, phone=phone, created_at=now)
    session.add(account)
    session.flush()
    code = new_code(account, now)
    _appoint(session, account, *place, nfc(given.get("title", "")) or None, by, now)
    audit.record(session, by, Subject.ACCOUNT, login, "Thêm cán bộ", now)
    return account, code


def correct(session: Session, account: Account, given: Mapping[str, str], *, by: Actor, now: datetime) -> None:
    """Change name, phone, and titles for signing (`title-<position>`). Raises `Invalid`, `Forbidden`."""
    _require_all(account, by, now)
    errors: dict[str, str] = {}
    name, phone = nfc(given.get("full_name", "")), phone_in(given.get("phone", ""), errors)
    if not name or len(name) > _LONGEST_NAME:
        errors["full_name"] = f"Hãy ghi họ tên, không quá {_LONGEST_NAME} ký tự."
    titles = {p: nfc(given.get(f"title-{p.id}", p.title or "")) or None for p in account.positions}
    errors |= {f"title-{p.id}": _TITLE_TOO_LONG for p, title in titles.items() if len(title or "") > _LONGEST_TITLE}
    if errors:
        raise Invalid(errors)
    # The record names what was changed; numbers and names stay in the account alone.
    what = [
        word
        for word, is_new in (("họ tên", name != account.full_name), ("điện thoại", phone != account.phone))
        if is_new
    ]
    account.full_name, account.phone = name, phone
    for position, title in titles.items():
        what += ["chức danh"] if position.title != title else []
        position.title = title
    if what:
        audit.record(session, by, Subject.ACCOUNT, account.login, f"Sửa {', '.join(dict.fromkeys(what))}", now)


def appoint(session: Session, account: Account, given: Mapping[str, str], *, by: Actor, now: datetime) -> None:
    """Give a position as well. Raises `Invalid`."""
    errors: dict[str, str] = {}
    place = _place(session, given, errors, by)
    if account.id == by.account_id:
        errors["role"] = "Không tự giao vị trí cho mình: việc này do quản trị cấu hình khác làm."
    if len(nfc(given.get("title", ""))) > _LONGEST_TITLE:
        errors["title"] = _TITLE_TOO_LONG
    today = local_day(now)
    if place and any((p.agency_key, p.role) == place and p.holds_on(today) for p in account.positions):
        errors["role"] = "Người này đang giữ vị trí đó."
    if errors or place is None:
        raise Invalid(errors)
    _appoint(session, account, *place, nfc(given.get("title", "")) or None, by, now)


def end_position(session: Session, position_id: int, *, by: Actor, now: datetime) -> Account:
    """Let a position end with yesterday: from now on it is not held. Raises `NotFound`, `Forbidden`."""
    position = session.get(Position, position_id, with_for_update=True)
    if position is None:
        raise NotFound("Không tìm thấy vị trí này.")
    if not may_keep(by, position.agency_key, Role(position.role)):
        raise Forbidden("Vị trí này do quản trị cấu hình của đơn vị khác giữ.")
    account = session.get_one(Account, position.account_id)
    if account.id == by.account_id:
        raise Forbidden("Không tự kết thúc vị trí của mình: việc này do quản trị cấu hình khác làm.")
    if not position.holds_on(local_day(now)):
        return account  # it has ended already, and that day stays
    position.valid_to = local_day(now) - timedelta(days=1)
    position.valid_from = min(position.valid_from, position.valid_to)
    _end_delegations(session, account, position.agency_key, now)
    audit.record(session, by, Subject.ACCOUNT, account.login, "Kết thúc vị trí", now, agency=position.agency_key,
                 role=position.role)  # fmt: skip
    return account


def _end_delegations(session: Session, account: Account, agency_key: str, now: datetime) -> None:
    """Who works at an agency no longer stands in for nobody there."""
    here = select(Position.id).where(Position.agency_key == agency_key)
    received = update(Delegation).where(
        Delegation.account_id == account.id, Delegation.revoked_at.is_(None), Delegation.position_id.in_(here)
    )
    session.execute(received.values(revoked_at=now))


def set_active(session: Session, account: Account, is_active: bool, *, by: Actor, now: datetime) -> None:
    """Close an account or open it again. Raises `Forbidden` for one's own, and for one with others' positions."""
    if account.id == by.account_id:
        raise Forbidden("Không tự khóa tài khoản của mình.")
    _require_all(account, by, now)
    account.is_active = is_active
    audit.record(session, by, Subject.ACCOUNT, account.login, "Mở tài khoản" if is_active else "Khóa tài khoản", now)


def renew_code(session: Session, account: Account, *, by: Actor, now: datetime) -> str:
    """A new code with which the person chooses a password; the old password serves no more. Raises `Forbidden`."""
    _require_all(account, by, now)
    code = new_code(account, now)
    account.password_hash = NO_PASSWORD
    audit.record(session, by, Subject.ACCOUNT, account.login, "Cấp lại mã kích hoạt", now)
    return code


def new_code(account: Account, now: datetime) -> str:
    """A code of ten letters that is kept as a hash alone and serves once, for thirty days."""
    code = new_secret()
    account.activation_hash, account.activation_until = hash_of(code), now + ACTIVATION
    return code


def new_secret() -> str:
    """Ten letters without look-alikes."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def hash_of(code: str) -> str:
    """How an activation code is kept: it is long and random, so that a plain hash is enough."""
    return hashlib.sha256(code.encode()).hexdigest()


def activate(session: Session, login: str, code: str, password: str, again: str, now: datetime) -> Account:
    """Choose the first password. Raises `Invalid` without telling whether the login exists."""
    query = select(Account).where(Account.login == identity.login_key(login), Account.is_active)
    account = session.scalar(query.with_for_update())
    errors: dict[str, str] = {}
    given = hash_of(re.sub(r"[\s-]", "", code).lower())
    kept = account.activation_hash if account and account.activation_until and account.activation_until > now else None
    if not secrets.compare_digest(given, kept or ""):
        errors["code"] = "Tên đăng nhập hoặc mã kích hoạt không đúng, hoặc mã đã hết hạn."
    if len(password) < _SHORTEST_PASSWORD or len(password) > 200:
        errors["password"] = f"Mật khẩu cần từ {_SHORTEST_PASSWORD} ký tự."
    elif password != again:
        errors["again"] = "Hai lần gõ mật khẩu không giống nhau."
    if errors or account is None:
        raise Invalid(errors)
    identity.set_password(account, password)
    account.activation_hash = account.activation_until = None
    return account


def phone_in(typed: str, errors: dict[str, str]) -> str | None:
    """The number as it is kept, or None where none is given."""
    if not typed.strip():
        return None
    number = phone_of(typed)
    if number is None:
        errors["phone"] = "Số điện thoại không đúng."
    return number


def _place(session: Session, given: Mapping[str, str], errors: dict[str, str], by: Actor) -> tuple[str, Role] | None:
    agency, role = session.get(Agency, given.get("agency", "")), given.get("role", "")
    if role not in ROLE_NAMES:
        errors["role"] = "Hãy chọn vai trò."
    if agency is None or not agency.is_active:
        errors["agency"] = "Hãy chọn đơn vị."
    if errors or agency is None:
        return None
    if not may_keep(by, agency.key, Role(role)):
        errors["agency"] = "Bạn không được giao vai trò này tại đơn vị này."
        return None
    return agency.key, Role(role)


def _appoint(
    session: Session, account: Account, agency_key: str, role: Role, title: str | None, by: Actor, now: datetime
) -> None:
    identity.appoint(session, account, agency_key, role, now, title=title)
    audit.record(session, by, Subject.ACCOUNT, account.login, "Giao vị trí", now, agency=agency_key, role=role)


def _require_all(account: Account, by: Actor, now: datetime) -> None:
    """What touches the whole account needs the right to keep all of its positions."""
    today: date = local_day(now)
    held = [p for p in account.positions if p.holds_on(today)] or account.positions
    if not all(may_keep(by, p.agency_key, Role(p.role)) for p in held):
        raise Forbidden("Người này còn vị trí tại đơn vị khác. Việc này do quản trị cấu hình của tỉnh làm.")
