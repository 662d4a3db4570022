"""Searches that found nothing, and the synonyms that are made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid, NotFound
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.publishing.in_force import mark_changed
from portal.publishing.models import FailedSearch, ProcedureRow, SearchSynonym
from portal.publishing.permissions import keeps_everything
from services_catalog.text import nfc, search_words

# Nobody looks at more, and nobody shall fill the disk by typing.
_MOST_KEPT = 5000
_LONGEST = 80
# Numbers of papers, telephones and people, addresses of mail: not for a log.
_PERSONAL = re.compile(r"\d{4,}|@|\(at\)|(\d[^a-z]{0,3}){6,}|\b(?=\w*\d)(?=\w*[a-z])\w{5,}\b", re.IGNORECASE)
_KEPT_FOR = timedelta(days=180)


def note_failure(session: Session, typed: str, now: datetime) -> None:
    """Count a search without result, unless it may tell of a person or is no search at all."""
    words = " ".join(search_words(typed))
    if len(words) < 2 or len(typed) > _LONGEST or _PERSONAL.search(typed):
        return
    session.execute(delete(FailedSearch).where(FailedSearch.last_at < now - _KEPT_FOR))
    known = session.get(FailedSearch, words)
    if known is None and (session.scalar(select(func.count()).select_from(FailedSearch)) or 0) >= _MOST_KEPT:
        return
    row = insert(FailedSearch).values(words=words, typed=nfc(typed), times=1, last_at=now)
    again = {"times": FailedSearch.times + 1, "typed": nfc(typed), "last_at": now, "settled_at": None}
    session.execute(row.on_conflict_do_update(index_elements=["words"], set_=again))


def failures(session: Session, limit: int = 100) -> Sequence[FailedSearch]:
    """What nobody has dealt with, the most frequent first."""
    query = select(FailedSearch).where(FailedSearch.settled_at.is_(None))
    return session.scalars(query.order_by(FailedSearch.times.desc(), FailedSearch.last_at.desc()).limit(limit)).all()


def synonyms(session: Session) -> Sequence[SearchSynonym]:
    """The synonyms made here, the newest first."""
    return session.scalars(select(SearchSynonym).order_by(SearchSynonym.id.desc())).all()


def add_synonym(
    session: Session, say: str, *, code: str = "", means: str = "", by: Actor, now: datetime
) -> SearchSynonym:
    """From now on `say` finds the procedure `code`, or is read as the official words `means`.

    Raises `Forbidden`, and `Invalid` at "say" or "meaning".
    """
    _require(by)
    say, means, code = nfc(say), nfc(means), code.strip()
    if not search_words(say):
        raise Invalid({"say": "Hãy ghi từ người dân dùng."})
    if bool(code) == bool(search_words(means)):
        raise Invalid({"meaning": "Hãy ghi mã thủ tục, hoặc từ chính thức."})
    if code and session.get(ProcedureRow, code) is None:
        raise Invalid({"meaning": "Không có thủ tục mang mã này."})
    made = SearchSynonym(
        say=say, procedure_code=code or None, means=means or None, created_by=by.account_id, created_at=now
    )
    session.add(made)
    settle(session, say, by=by, now=now)
    mark_changed(session, now)
    return made


def settle(session: Session, typed: str, *, by: Actor, now: datetime) -> None:
    """Take a search off the list; if it fails again it comes back."""
    _require(by)
    words = " ".join(search_words(typed))
    session.execute(update(FailedSearch).where(FailedSearch.words == words).values(settled_at=now))


def remove_synonym(session: Session, synonym_id: int, *, by: Actor, now: datetime) -> None:
    """Forget a synonym. Raises `NotFound`, `Forbidden`."""
    _require(by)
    found = session.get(SearchSynonym, synonym_id)
    if found is None:
        raise NotFound("Không có từ đồng nghĩa này.")
    session.delete(found)
    mark_changed(session, now)


def _require(by: Actor) -> None:
    if not keeps_everything(by, Role.CATALOG_EDITOR):
        raise Forbidden("Từ đồng nghĩa là việc của người giữ danh mục toàn tỉnh.")
