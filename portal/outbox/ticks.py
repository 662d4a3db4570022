"""The timetable's own heartbeat: when each of its entries ran last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.outbox.models import Tick

_GRACE = timedelta(seconds=60)


def note_tick(session: Session, name: str, every: float, now: datetime) -> None:
    """Record that an entry of the timetable ran, which runs every so many seconds."""
    values = {"at": now, "every": int(every)}
    session.execute(
        insert(Tick).values(name=name, **values).on_conflict_do_update(index_elements=["name"], set_=values)
    )


def ticks(session: Session) -> Sequence[Tick]:
    """When each entry ran last."""
    return session.scalars(select(Tick).order_by(Tick.every, Tick.name)).all()


def is_late(tick: Tick, now: datetime) -> bool:
    """True if it should have run again by now: the timetable stands still, or its work fails."""
    return tick.at + 3 * timedelta(seconds=tick.every) + _GRACE < now
