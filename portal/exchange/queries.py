"""Reads of what was exchanged."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.exchange.actions import keeps_exchange
from portal.exchange.models import Direction, ExchangedPaper
from portal.identity.actor import Actor
from portal.identity.models import Role


def exchange_agencies(actor: Actor) -> list[str]:
    """The agencies whose incoming papers this person takes in."""
    return sorted({agency for agency, role in actor.roles if role is Role.CLERK})


def incoming(session: Session, agency_key: str, *, limit: int = 200) -> Sequence[ExchangedPaper]:
    """What has come, the newest first."""
    query = select(ExchangedPaper).where(
        ExchangedPaper.agency_key == agency_key, ExchangedPaper.direction == Direction.IN
    )
    return session.scalars(query.order_by(ExchangedPaper.id.desc()).limit(limit)).all()


def sent(session: Session, paper_id: int) -> Sequence[ExchangedPaper]:
    """To whom a paper was sent, and what they say of it."""
    query = select(ExchangedPaper).where(ExchangedPaper.paper_id == paper_id)
    return session.scalars(query.order_by(ExchangedPaper.id)).all()


def of_register(session: Session, actor: Actor, exchanged_id: int) -> ExchangedPaper:
    """A paper that has come to an agency of this person. Raises `NotFound`."""
    found = session.get(ExchangedPaper, exchanged_id)
    if found is None or found.direction != Direction.IN or not keeps_exchange(actor, found.agency_key):
        raise NotFound("Không tìm thấy văn bản đến.")
    return found
