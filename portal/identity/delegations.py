"""Delegating a position for some days: a leader who is away, an officer on leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from portal.base.clock import local_day
from portal.base.errors import Invalid, NotFound
from portal.identity.actor import Actor
from portal.identity.models import CASE_ROLES, Account, Delegation, Position, Role
from services_catalog.text import nfc

_LONGEST = timedelta(days=366)


def delegate(
    session: Session, position_id: int, login: str, valid_from: date | None, valid_to: date | None, reason: str, *,
    title: str | None, by: Actor, now: datetime,
) -> Delegation:  # fmt: skip
    """Let a colleague of the same agency hold a position as well, for some days (both included).

    By its holder, or by who configures the agency. What was delegated cannot be delegated further, because
    a delegation is of a position and not of a right. Raises `NotFound` and `Invalid`.
    """
    position = session.get(Position, position_id)
    if position is None or not may_delegate(by, position) or not position.holds_on(local_day(now)):
        raise NotFound("Không tìm thấy vị trí công tác này.")
    deputy = session.scalar(select(Account).where(Account.login == nfc(login).lower(), Account.is_active))
    errors = _mistakes(session, position, deputy, valid_from, valid_to, reason, by, now)
    if errors or deputy is None or valid_from is None or valid_to is None:
        raise Invalid(errors)
    made = Delegation(
        position_id=position.id, account_id=deputy.id, title=nfc(title) if title else None, valid_from=valid_from,
        valid_to=valid_to, reason=nfc(reason), made_by=by.account_id, made_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def revoke(session: Session, delegation_id: int, *, by: Actor, now: datetime) -> None:
    """Take a delegation back, at once. What was done under it stays done. Raises `NotFound`."""
    made = session.get(Delegation, delegation_id, with_for_update=True)
    if made is None or not may_delegate(by, made.position):
        raise NotFound("Không tìm thấy ủy quyền này.")
    made.revoked_at = made.revoked_at or now


def may_delegate(actor: Actor, position: Position) -> bool:
    """The holder, and who configures the agency."""
    configures = actor.has_everywhere(Role.CONFIGURATOR) or actor.has(Role.CONFIGURATOR, position.agency_key)
    return position.role in CASE_ROLES and (actor.account_id == position.account_id or configures)


def positions_to_delegate(session: Session, actor: Actor, agency_key: str | None, day: date) -> Sequence[Position]:
    """The positions of which this person may make a delegation today: their own, and those of one agency."""
    query = (
        select(Position)
        .join(Account)
        .options(joinedload(Position.account))
        .where(Account.is_active, Position.role.in_(CASE_ROLES))
        .where(or_(Position.account_id == actor.account_id, Position.agency_key == agency_key))
        .order_by(Position.agency_key, Position.id)
    )
    return [position for position in session.scalars(query) if position.holds_on(day) and may_delegate(actor, position)]


def colleagues(session: Session, positions: Sequence[Position]) -> dict[str, str]:
    """Login and name of everybody active who works at the agencies of these positions."""
    keys = {position.agency_key for position in positions}
    query = select(Account.login, Account.full_name).join(Position).where(
        Account.is_active, Position.agency_key.in_(keys), Position.role.in_(CASE_ROLES)
    )  # fmt: skip
    return {row.login: row.full_name for row in session.execute(query.distinct().order_by(Account.full_name))}


def delegations_of(session: Session, positions: Sequence[Position], day: date) -> Sequence[Delegation]:
    """What has been delegated of these positions and is not over yet, in order of the days."""
    query = (
        select(Delegation)
        .where(
            Delegation.position_id.in_([position.id for position in positions]),
            Delegation.revoked_at.is_(None),
            Delegation.valid_to >= day,
        )
        .options(joinedload(Delegation.position))
        .order_by(Delegation.valid_from, Delegation.id)
    )
    return session.scalars(query).all()


def _mistakes(
    session: Session, position: Position, deputy: Account | None, valid_from: date | None, valid_to: date | None,
    reason: str, by: Actor, now: datetime,
) -> dict[str, str]:  # fmt: skip
    errors = {}
    own_doing = deputy is not None and deputy.id == by.account_id != position.account_id
    if own_doing:
        errors["login"] = "Không tự giao cho mình vị trí của người khác."
    elif deputy is None or deputy.id == position.account_id or not _works_at(session, deputy, position, local_day(now)):
        errors["login"] = "Hãy chọn một người khác đang giữ vị trí tại cùng cơ quan."
    if valid_from is None or not timedelta() <= valid_from - local_day(now) <= _LONGEST:
        errors["valid_from"] = "Hãy chọn ngày bắt đầu, từ hôm nay trở đi và trong vòng một năm."
    if valid_to is None or (valid_from and not timedelta() <= valid_to - valid_from <= _LONGEST):
        errors["valid_to"] = "Hãy chọn ngày kết thúc, không trước ngày bắt đầu và không quá một năm."
    if not nfc(reason):
        errors["reason"] = "Hãy ghi lý do hoặc số văn bản ủy quyền."
    return errors


def _works_at(session: Session, deputy: Account, position: Position, day: date) -> bool:
    held = select(Position).where(Position.account_id == deputy.id, Position.agency_key == position.agency_key)
    return any(found.role in CASE_ROLES and found.holds_on(day) for found in session.scalars(held))
