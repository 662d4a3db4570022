"""Forgetting what nobody needs: bytes of files that were taken out, or that were refused after they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.documents.models import Document, WalletPaper
from portal.gateways.storage import Storage

# An upload keeps its bytes a moment before its row: what is younger is left alone.
_GRACE = timedelta(days=1)


def forget_unused(
    session: Session, storage: Storage, now: datetime, also: Sequence[InstrumentedAttribute[str | None]] = (),
    in_lists: Sequence[InstrumentedAttribute[list[dict[str, Any]]]] = (),
) -> int:  # fmt: skip
    """Delete the bytes that no paper refers to, nor any of the columns `also`, nor an item "sha256" of the lists in
    `in_lists`; returns how many.
    """
    deleted = 0
    for sha256 in storage.older_than(now - _GRACE):
        columns = (Document.sha256, WalletPaper.sha256, *also)
        used = or_(
            *(exists().where(column == sha256) for column in columns),
            *(exists().where(column.contains([{"sha256": sha256}])) for column in in_lists),
        )
        if not session.scalar(select(used)):
            storage.delete(sha256)
            deleted += 1
    return deleted
