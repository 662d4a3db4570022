"""The queues of staff: what waits for a person, and the cases of their agencies, a page at a time.

Pages begin where the last one ended (keyset), so that the thousandth is as quick as the first. Each part of a queue is
read in the order of an index and cut off, then the parts are put together: nothing is sorted that is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, defer, undefer

from portal.cases.finding import found_by
from portal.cases.models import Case
from portal.cases.queries import Listed, listed
from portal.cases.waiting import STAGE_WORK, Waiting, Work, waiting_for
from portal.deadlines.calendars import calendar_of
from portal.desk.wanted import Wanted
from portal.identity.actor import Actor

PAGE = 50
# How far counts are counted.
MOST = 1000
_MOST_FOUND = 1000
_BEGINNING, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
# As the partial indexes say it.
_IS_GUEST: ColumnElement[bool] = literal_column("guest_keys <> '{}'")
_KEY = re.compile(r"^(?:(\d{1,18})_)?(\d{1,18})$", re.ASCII)


class Queue(StrEnum):
    """What a page shows: what waits for me, what is open at my agencies, everything there is."""

    MINE = "mine"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True)
class Page:
    """Some rows of a queue. `after` and `before` are where the next and the previous page begin, if there is one."""

    rows: list[Listed]
    after: str | None
    before: str | None


@dataclass(frozen=True)
class _Order:
    """By due time and then by number, or the newest first; `back` reads the other way round."""

    newest: bool
    back: bool = False

    @property
    def columns(self) -> list[ColumnElement[object]]:
        """What rows are ordered by."""
        parts = [Case.id] if self.newest else [Case.queue_at, Case.id]
        down = self.newest != self.back
        return [part.desc() if down else part.asc() for part in parts]

    def beyond(self, key: Sequence[object]) -> ColumnElement[bool]:
        """What comes after the row with this key."""
        mine = Case.id if self.newest else tuple_(Case.queue_at, Case.id)
        there = key[-1] if self.newest else tuple_(*key)
        return mine < there if self.newest != self.back else mine > there


def page(
    session: Session, actor: Actor, queue: Queue, now: datetime, wanted: Wanted | None = None, *, after: str = "",
    before: str = "", size: int = PAGE,
) -> Page:  # fmt: skip
    """A page of a queue of this person: the rows after a place, or before it. A wrong place is the beginning."""
    wanted = wanted or Wanted()
    key = _key_in(before or after, queue)
    order = _Order(queue is Queue.ALL, back=bool(before and key))
    parts = _parts(actor, queue, wanted, now)
    if queue is Queue.MINE:
        wanted = replace(wanted, agency="")  # there it is the agency for which the person acts
    keys = actor.case_agency_keys
    ids = _ids(session, parts, wanted, order, key, size + 1, now, keys) if parts else []
    more = len(ids) > size
    ids = ids[:size][::-1] if order.back else ids[:size]
    rows = listed(session, _load(session, ids))
    has_next, has_previous = (bool(key), more) if order.back else (more, bool(key and after))
    return Page(
        rows,
        _key_of(rows[-1].case, queue) if rows and has_next else None,
        _key_of(rows[0].case, queue) if rows and has_previous else None,
    )


def next_of(session: Session, actor: Actor, case: Case, now: datetime) -> str | None:
    """The code of the case that waits for this person after this one; where it is the last, of the first."""
    session.refresh(case, ["queue_at"])
    for after in (_key_of(case, Queue.MINE), ""):
        rows = page(session, actor, Queue.MINE, now, after=after, size=2).rows
        if found := next((row.case.reference for row in rows if row.case.id != case.id), None):
            return found
    return None


def counts(session: Session, actor: Actor, now: datetime, *, most: int = MOST) -> dict[Work, int]:
    """How much of each kind of work waits for this person, counted to `most`."""
    parts = waiting_for(actor, now)
    if not parts:
        return {}
    of_stage = sql_case(*((Case.stage_does == does, literal(work.value)) for does, work in STAGE_WORK.items()))
    chosen = union_all(*(
        select(Case.id, (literal(part.work.value) if part.work else of_stage).label("work"))
        .where(part.condition).limit(most).subquery().select()
        for part in parts
    )).subquery()  # fmt: skip
    query = select(chosen.c.work, func.count(chosen.c.id.distinct())).group_by(chosen.c.work)
    return {Work(work): min(count, most) for work, count in session.execute(query) if work}


def _parts(actor: Actor, queue: Queue, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    if queue is Queue.MINE:
        waiting = [part for part in waiting_for(actor, now) if _is_wanted(part, wanted)]
        found = [part.of(Work(wanted.work)) if wanted.work in set(Work) else part.condition for part in waiting]
        return [condition for condition in found if condition is not None]
    keys = sorted(actor.case_agency_keys)
    parts = [Case.agency_key == key for key in keys]
    parts += [and_(_IS_GUEST, Case.guest_keys.overlap(keys))] if keys else []
    return [and_(Case.is_open, part) for part in parts] if queue is Queue.OPEN else list(parts)


def _is_wanted(part: Waiting, wanted: Wanted) -> bool:
    return wanted.role in ("", part.role) and wanted.agency in ("", part.agency_key)


def _ids(
    session: Session, parts: list[ColumnElement[bool]], wanted: Wanted, order: _Order, key: Sequence[object] | None,
    limit: int, now: datetime, keys: Collection[str],
) -> list[int]:  # fmt: skip
    filters = wanted.conditions(now, calendar_of(session, None))
    if wanted.text:
        found = found_by(wanted.text, keys)
        if found is None:
            return []
        # Those few are looked up first: the order of a queue is no help in finding a person.
        few = found.limit(_MOST_FOUND).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
        filters.append(Case.id.in_(select(few.c[0])))
    if key:
        filters.append(order.beyond(key))
    cut = union_all(*(_cut(part, filters, order, limit) for part in parts)).subquery()
    query = select(Case.id).where(Case.id.in_(select(cut.c.id))).order_by(*order.columns).limit(limit)
    return list(session.scalars(query))


def _cut(
    part: ColumnElement[bool], filters: list[ColumnElement[bool]], order: _Order, limit: int
) -> Select[tuple[int]]:
    return select(Case.id).where(part, *filters).order_by(*order.columns).limit(limit).subquery().select()


def _load(session: Session, ids: list[int]) -> list[Case]:
    found = {row.id: row for row in session.scalars(
        select(Case).where(Case.id.in_(ids)).options(defer(Case.answers), undefer(Case.queue_at))
    )}  # fmt: skip
    return [found[case_id] for case_id in ids]


def _key_of(row: Case, queue: Queue) -> str:
    return str(row.id) if queue is Queue.ALL else f"{(row.queue_at - _BEGINNING) // _MICROSECOND}_{row.id}"


def _key_in(text: str, queue: Queue) -> list[object] | None:
    """The key in an address, or None."""
    found = _KEY.match(text)
    if not found or (found[1] is None) != (queue is Queue.ALL):
        return None
    try:
        return [int(found[2])] if found[1] is None else [_BEGINNING + int(found[1]) * _MICROSECOND, int(found[2])]
    except OverflowError:  # beyond the year 9999
        return None
