"""Views of queues that a person has saved under a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.desk.models import SavedView
from portal.desk.queues import Queue
from portal.desk.wanted import Wanted
from portal.identity.actor import Actor
from services_catalog.text import nfc

_MOST, _LONGEST_NAME = 30, 60


def save(
    session: Session, actor: Actor, name: str, queue: Queue, wanted: Wanted, columns: Sequence[str], now: datetime
) -> SavedView:
    """Keep a view under a name; the same name again is the new view. Raises `Invalid`."""
    name = nfc(name)
    if not name or len(name) > _LONGEST_NAME:
        raise Invalid({"name": f"Hãy đặt tên, không quá {_LONGEST_NAME} ký tự."})
    mine = select(SavedView).where(SavedView.account_id == actor.account_id)
    view = session.scalar(mine.where(SavedView.name == name))
    if view is None:
        if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= _MOST:
            raise Invalid({"name": f"Mỗi người lưu tối đa {_MOST} cách xem. Hãy xóa bớt."})
        view = SavedView(account_id=actor.account_id, name=name, made_at=now)
        session.add(view)
    view.queue, view.wanted, view.columns = queue, {k: v for k, v in vars(wanted).items() if v}, list(columns)
    session.flush()
    return view


def views_of(session: Session, actor: Actor) -> Sequence[SavedView]:
    """The person's views by name."""
    query = select(SavedView).where(SavedView.account_id == actor.account_id).order_by(SavedView.name)
    return session.scalars(query).all()


def view_for(session: Session, actor: Actor, view_id: int) -> SavedView:
    """One of the person's own views. Raises `NotFound`."""
    view = session.get(SavedView, view_id)
    if view is None or view.account_id != actor.account_id:
        raise NotFound("Không tìm thấy cách xem này.")
    return view


def forget(session: Session, actor: Actor, view_id: int) -> None:
    """Delete one of the person's own views; nothing happens where it is gone."""
    session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.account_id == actor.account_id))
