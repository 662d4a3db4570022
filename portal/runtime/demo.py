"""Demonstration accounts: a citizen, and an officer of each role at one ward and its police. Only where DEMO is on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.identity.actions import appoint, create_account
from portal.identity.models import CASE_ROLES, Account, Role

PASSWORD = "langson-thu-nghiem"  # noqa: S105 - shown on the console on purpose
AGENCY = "ubnd-05986"
POLICE = "cong-an-05986"
OFFICE = "van-phong-ubnd-tinh"
_WARD = "phường Tam Thanh"


@dataclass(frozen=True)
class DemoAccount:
    """An account to try the portal with."""

    login: str
    full_name: str
    description: str
    role: Role | None = None
    title: str | None = None
    is_of_province: bool = False


ACCOUNTS = (
    DemoAccount("congdan", "Công Dân Mẫu", "công dân"),
    DemoAccount("motcua", "Cán Bộ Một Cửa Mẫu", f"cán bộ một cửa, {_WARD}", Role.RECEIVING_OFFICER),
    DemoAccount("chuyenvien", "Chuyên Viên Mẫu", f"chuyên viên thụ lý, {_WARD}", Role.CASE_OFFICER),
    DemoAccount("truongphong", "Trưởng Phòng Mẫu", f"lãnh đạo phòng, {_WARD}", Role.HEAD),
    DemoAccount("lanhdao", "Lãnh Đạo Mẫu", f"lãnh đạo phê duyệt, {_WARD}", Role.APPROVER, "Chủ tịch"),
    DemoAccount("vanthu", "Văn Thư Mẫu", f"văn thư, {_WARD}", Role.CLERK),
    DemoAccount("ketoan", "Kế Toán Mẫu", f"kế toán, {_WARD}", Role.ACCOUNTANT),
    DemoAccount("ketoantinh", "Kế Toán Tỉnh Mẫu", "kế toán, toàn tỉnh", Role.ACCOUNTANT, is_of_province=True),
    DemoAccount("bientap", "Biên Tập Mẫu", "biên tập danh mục, toàn tỉnh", Role.CATALOG_EDITOR),
    DemoAccount("duyetdanhmuc", "Duyệt Danh Mục Mẫu", "duyệt danh mục, toàn tỉnh", Role.CATALOG_APPROVER),
    DemoAccount("quantri", "Quản Trị Cấu Hình Mẫu", "lịch làm việc, sự cố, ủy quyền, toàn tỉnh", Role.CONFIGURATOR),
    DemoAccount("vanhanh", "Quản Trị Vận Hành Mẫu", "theo dõi vận hành, toàn tỉnh", Role.OPERATOR),
)


def create_accounts(session: Session, now: datetime) -> None:
    """Make those that do not exist yet, and open those that were closed."""
    session.execute(update(Account).where(Account.is_demo).values(is_active=True))
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
            phone=f"+849120000{number:02}",
            residence="Phường Tam Thanh, tỉnh Lạng Sơn" if citizen else None,
            is_demo=True,
            now=now,
        )
        if demo.role:
            is_of_units = demo.role in CASE_ROLES and not demo.is_of_province
            for agency in (AGENCY, POLICE) if is_of_units else (OFFICE,):
                appoint(session, account, agency, demo.role, now, title=demo.title)


def close_accounts(session: Session) -> None:
    """Where DEMO is off nobody signs in with the published password."""
    session.execute(update(Account).where(Account.is_demo).values(is_active=False))
