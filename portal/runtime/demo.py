"""Demonstration accounts: one citizen, and one officer of each role at one ward. Never made unless DEMO is on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.identity.actions import appoint, create_account
from portal.identity.models import Account, Role

PASSWORD = "langson-thu-nghiem"  # noqa: S105 - shown on the console on purpose
AGENCY = "ubnd-05986"
_WARD = "phường Tam Thanh"


@dataclass(frozen=True)
class DemoAccount:
    """An account to try the portal with."""

    login: str
    full_name: str
    description: str
    role: Role | None = None


ACCOUNTS = (
    DemoAccount("congdan", "Công Dân Mẫu", "công dân"),
    DemoAccount("motcua", "Cán Bộ Một Cửa Mẫu", f"cán bộ một cửa, {_WARD}", Role.RECEIVING_OFFICER),
    DemoAccount("chuyenvien", "Chuyên Viên Mẫu", f"chuyên viên thụ lý, {_WARD}", Role.CASE_OFFICER),
    DemoAccount("truongphong", "Trưởng Phòng Mẫu", f"lãnh đạo phòng, {_WARD}", Role.HEAD),
    DemoAccount("lanhdao", "Lãnh Đạo Mẫu", f"lãnh đạo phê duyệt, {_WARD}", Role.APPROVER),
    DemoAccount("vanthu", "Văn Thư Mẫu", f"văn thư, {_WARD}", Role.CLERK),
)


def create_accounts(session: Session, now: datetime) -> None:
    """Make those that do not exist yet."""
    existing = set(session.scalars(select(Account.login)))
    for number, demo in enumerate(ACCOUNTS):
        if demo.login in existing:
            continue
        citizen = demo.role is None
        account = create_account(
            session,
            login=demo.login,
            password=PASSWORD,
            full_name=demo.full_name,
            citizen_id="020090001234" if citizen else None,
            phone=f"+8491200000{number}",
            residence="Phường Tam Thanh, tỉnh Lạng Sơn" if citizen else None,
            now=now,
        )
        if demo.role:
            appoint(session, account, AGENCY, demo.role, now)
