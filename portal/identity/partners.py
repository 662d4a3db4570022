"""Other systems that work with us: their tokens, and doing each of their requests once."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.errors import Refusal
from portal.identity.actor import Actor
from portal.identity.models import IdempotencyKey, Partner

Answer = dict[str, Any]
_KEPT = timedelta(days=30)
LONGEST_KEY = 200


def create_partner(session: Session, key: str, name: str, now: datetime) -> str:
    """A new partner; returns its token, which cannot be seen again."""
    token = secrets.token_urlsafe(32)
    session.add(Partner(key=key, name=name, token_hash=_digest(token), created_at=now))
    session.flush()
    return token


def close_partner(session: Session, key: str) -> bool:
    """Its token opens nothing any more; False if there is no such partner."""
    partner = session.scalar(select(Partner).where(Partner.key == key))
    if partner is not None:
        partner.is_active = False
    return partner is not None


def partner_of(session: Session, token: str) -> Partner | None:
    """The active partner whose token this is, or None."""
    return session.scalar(select(Partner).where(Partner.token_hash == _digest(token), Partner.is_active))


def actor_of(partner: Partner) -> Actor:
    """The partner as an actor: for the applicants of the cases it has sent."""
    return Actor(None, partner.name, origin=partner.key)


def once(
    session: Session, partner: Partner, key: str, request: Any, work: Callable[[], Answer], now: datetime
) -> tuple[Answer, bool]:
    """The answer of `work`, done once for a key, and whether it was done before.

    In the caller's transaction: a second request with the key waits for the first, and what is refused or
    fails leaves no trace, so that it can be sent again. `request` is what was asked, as JSON; another request
    with the same key is refused.
    """
    fingerprint = _digest(json.dumps(request, sort_keys=True, ensure_ascii=False))
    row = {"partner_id": partner.id, "key": key}
    claim = insert(IdempotencyKey).values(**row, fingerprint=fingerprint, created_at=now)
    claimed = session.scalar(claim.on_conflict_do_nothing().returning(IdempotencyKey.key))
    kept = session.get_one(IdempotencyKey, (partner.id, key), populate_existing=True)
    if kept.fingerprint != fingerprint:
        raise Refusal("idempotency_mismatch", "Khóa Idempotency-Key này đã dùng cho một yêu cầu khác.")
    if claimed is None and kept.answer is not None:
        return kept.answer, True
    kept.answer = work()
    session.flush()
    return kept.answer, False


def forget_keys(session: Session, now: datetime) -> None:
    """Forget requests that nobody repeats any more."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - _KEPT))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
