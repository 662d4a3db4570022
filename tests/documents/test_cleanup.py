"""Bytes that nothing refers to are forgotten; all others are kept."""

from __future__ import annotations

from datetime import timedelta

from portal.base.clock import now
from portal.cases import drafts
from portal.documents import uploads
from portal.documents.cleanup import forget_unused
from tests.support.desk import Desk


def test_only_unused_bytes_are_forgotten(desk: Desk) -> None:
    case = desk.submit()
    orphan = desk.storage.put(b"refused")
    later = now() + timedelta(days=2)
    with desk.database.unit_of_work() as session:
        assert forget_unused(session, desk.storage, now()) == 0  # too young
        assert forget_unused(session, desk.storage, later) == 1
        kept = uploads.of_case(session, case.id)[0].sha256
    assert desk.storage.get(kept)
    assert orphan not in set(desk.storage.older_than(later))


def test_a_discarded_draft_takes_its_files_along(desk: Desk) -> None:
    draft = desk.draft()
    with desk.database.unit_of_work() as session:
        drafts.discard(session, desk.actor("congdan"), draft.id)
        assert uploads.of_draft(session, draft.id) == []
        assert forget_unused(session, desk.storage, now() + timedelta(days=2)) == 1
