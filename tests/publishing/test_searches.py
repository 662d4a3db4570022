"""Searches without result, and synonyms made of them."""

from __future__ import annotations

import pytest

from portal.base.errors import Forbidden, Invalid, NotFound
from portal.publishing import searches
from portal.publishing.queries import LiveIndex
from tests.support.desk import CODE, Desk


def note(desk: Desk, *typed: str) -> None:
    with desk.database.unit_of_work() as session:
        for text in typed:
            searches.note_failure(session, text, desk.now)


def listed(desk: Desk) -> list[tuple[str, int]]:
    with desk.database.unit_of_work() as session:
        return [(row.typed, row.times) for row in searches.failures(session)]


def test_failures_are_counted_without_regard_to_accents(desk: Desk) -> None:
    note(desk, "xyz lạ", "zzz", "xyz  la", "XYZ LẠ")
    assert listed(desk) == [("XYZ LẠ", 3), ("zzz", 1)]


@pytest.mark.parametrize(
    "typed",
    [
        "012345678901",
        "khai sinh 0912 345 678",
        "a@b.vn",
        "x" * 81,
        "?",
        "",
        "09.12.34.56.78",
        "so 20090001234",
        "K7QMX2PA",
        "091/234/567",
        "ten(at)mail.vn",
    ],
)
def test_what_may_tell_of_a_person_is_not_kept(desk: Desk, typed: str) -> None:
    note(desk, typed)
    assert listed(desk) == []


def test_one_click_makes_it_findable(desk: Desk) -> None:
    note(desk, "qwrtz plmok")
    with desk.database.unit_of_work() as session:
        live = LiveIndex(recheck_seconds=0)
        assert live.get(session).search("qwrtz plmok").codes[:1] != [CODE]
        made = searches.add_synonym(session, "qwrtz plmok", code=CODE, by=desk.actor("bientap"), now=desk.now)
        assert live.get(session).search("Qwrtz  PLMOK").codes[0] == CODE
        assert searches.failures(session) == []
        searches.remove_synonym(session, made.id, by=desk.actor("bientap"), now=desk.now)
        session.flush()
        assert live.get(session).search("qwrtz plmok").codes[:1] != [CODE]
    note(desk, "qwrtz plmok")  # it fails again: back on the list
    assert listed(desk) == [("qwrtz plmok", 2)]


def test_words_for_official_words(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        searches.add_synonym(session, "xoong chao", means="hộ tịch", by=desk.actor("bientap"), now=desk.now)
        live = LiveIndex(recheck_seconds=0)
        assert live.get(session).search("xoong chảo").total > 0


def test_nonsense_and_strangers_are_refused(desk: Desk) -> None:
    editor = desk.actor("bientap")
    with desk.database.unit_of_work() as session:
        for wrong in ({"code": "9.999999"}, {}, {"code": CODE, "means": "x"}, {"means": "??"}):
            with pytest.raises(Invalid):
                searches.add_synonym(session, "từ", by=editor, now=desk.now, **wrong)
        with pytest.raises(Invalid):
            searches.add_synonym(session, "?!", code=CODE, by=editor, now=desk.now)
        with pytest.raises(NotFound):
            searches.remove_synonym(session, 999, by=editor, now=desk.now)
        for login in ("congdan", "lanhdao", "duyetdanhmuc"):
            with pytest.raises(Forbidden):
                searches.add_synonym(session, "từ", code=CODE, by=desk.actor(login), now=desk.now)
