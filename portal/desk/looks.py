"""Who has a case on the screen just now, and who has looked at it as it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.cases.models import Case
from portal.desk.models import CaseLook
from portal.identity.actor import Actor

# A page that is open says so this often; who is silent for twice that has gone.
EVERY = timedelta(seconds=30)


def look(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """Note that the person has this version of the case before them."""
    row = insert(CaseLook).values(case_id=case.id, account_id=actor.account_id, version=case.version, last_at=now)
    new = {"version": row.excluded.version, "last_at": row.excluded.last_at}
    session.execute(row.on_conflict_do_update(index_elements=["case_id", "account_id"], set_=new))


def stay(session: Session, case: Case, actor: Actor, now: datetime) -> None:
    """Note that the page is still open; which version it shows does not change by that."""
    mine = (CaseLook.case_id == case.id, CaseLook.account_id == actor.account_id)
    session.execute(update(CaseLook).where(*mine).values(last_at=now))


def others(session: Session, case: Case, actor: Actor, now: datetime) -> list[int]:
    """The accounts of the other people who have the case open now."""
    query = select(CaseLook.account_id).where(
        CaseLook.case_id == case.id, CaseLook.last_at > now - 2 * EVERY, CaseLook.account_id != actor.account_id
    )
    return list(session.scalars(query.order_by(CaseLook.account_id)))


def looked_at(session: Session, actor: Actor, case_ids: Collection[int]) -> set[int]:
    """Those of the cases that the person has looked at as they are now."""
    query = select(CaseLook.case_id).join(Case, Case.id == CaseLook.case_id).where(
        CaseLook.account_id == actor.account_id, CaseLook.case_id.in_(case_ids), CaseLook.version == Case.version
    )  # fmt: skip
    return set(session.scalars(query))
