"""What may be chosen in the filters of a queue."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.cases.lifecycle import State
from portal.cases.waiting import STAGE_WORK, WORK_NAMES
from portal.cases.words import STATE_NAMES
from portal.desk.wanted import NOBODY, Due
from portal.identity.actor import Actor
from portal.identity.models import CASE_ROLES, Account, Position
from portal.publishing.models import ProcedureRow
from services_catalog import gazetteer
from services_catalog.words import CHANNEL_NAMES

DUE_NAMES = {Due.LATE: "Quá hạn", Due.TODAY: "Hạn hôm nay", Due.SOON: "Hạn đến hết ngày làm việc sau"}
Options = list[tuple[str, str]]


def filter_options(session: Session, actor: Actor) -> dict[str, tuple[str, Options]]:
    """Title and options of each filter, by its name in addresses."""
    keys = sorted(actor.case_agency_keys)
    agencies = session.execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all()
    sectors = session.scalars(select(ProcedureRow.sector).distinct().order_by(ProcedureRow.sector)).all()
    found: dict[str, tuple[str, Options]] = {
        "state": ("Trạng thái", [(state.value, STATE_NAMES[state]) for state in State]),
        "does": ("Bước", [(does.value, WORK_NAMES[work]) for does, work in STAGE_WORK.items()]),
        "due": ("Hạn", [(due.value, name) for due, name in DUE_NAMES.items()]),
        "sector": ("Lĩnh vực", [(sector, sector) for sector in sectors]),
        "channel": ("Kênh nộp", [(channel.value, name) for channel, name in CHANNEL_NAMES.items()]),
        "assignee": ("Người thụ lý", [(NOBODY, "Chưa giao cho ai"), *_people(session, keys)]),
        "commune": ("Xã, phường của người nộp", [(name, name) for name in sorted(gazetteer.communes().values())]),
    }
    if len(agencies) > 1:
        found["agency"] = ("Cơ quan", [(key, name) for key, name in agencies])
    return found


def _people(session: Session, agency_keys: list[str]) -> Options:
    day = local_day(now())
    query = select(Account.id, Account.full_name).join(Position).where(
        Account.is_active, Position.agency_key.in_(agency_keys), Position.role.in_(CASE_ROLES),
        Position.valid_from <= day, Position.valid_to.is_(None) | (Position.valid_to >= day),
    )  # fmt: skip
    people = session.execute(query.distinct().order_by(Account.full_name).limit(500))
    return [(str(row.id), row.full_name) for row in people]
