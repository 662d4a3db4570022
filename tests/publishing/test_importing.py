"""Files into the catalogue: shown first, by a second person, all or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Refusal
from portal.publishing import importing, queries
from portal.publishing.models import ProcedureVersionRow, VersionState
from services_catalog.exchange import json_lines, workbook
from services_catalog.exchange.entries import WrongFile
from services_catalog.loader import library
from tests.publishing.test_versions import publish
from tests.support.desk import CODE, Desk


def current(desk: Desk) -> list:
    with desk.database.unit_of_work() as session:
        return [published.procedure for published in queries.all_published(session)]


def renamed(desk: Desk, name: str = "Tên mới") -> bytes:
    """The whole catalogue with one name changed and one procedure more."""
    procedures = current(desk)
    changed = [p.model_copy(update={"name": name}) if p.code == CODE else p for p in procedures]
    return json_lines.write([*changed, procedures[0].model_copy(update={"code": "9.000001", "name": "Mới tinh"})])


def keep(desk: Desk, content: bytes, file_name: str = "moi.jsonl", days: int = 0) -> int:
    with desk.database.unit_of_work() as session:
        changed = importing.differences(session, importing.read_file(file_name, content))
        day = local_day(desk.now) + timedelta(days=days)
        editor = desk.actor("bientap")
        kept = importing.keep(session, file_name, changed, day, "QĐ 5", by=editor, now=desk.now)
        importing.propose(session, kept.id, by=editor, now=desk.now)
        return kept.id


def apply(desk: Desk, import_id: int, login: str = "duyetdanhmuc") -> None:
    with desk.database.unit_of_work() as session:
        importing.apply(session, import_id, by=desk.actor(login), now=desk.now)


def test_what_was_exported_changes_nothing(desk: Desk) -> None:
    for name, content in (
        ("x.xlsx", workbook.write(current(desk), library())),
        ("x.jsonl", json_lines.write(current(desk))),
    ):
        with desk.database.unit_of_work() as session:
            assert importing.differences(session, importing.read_file(name, content)) == []
    with pytest.raises(Refusal, match="không có gì khác"):
        keep(desk, json_lines.write(current(desk)))


def test_an_import_waits_for_the_second_person_and_keeps_open_cases(desk: Desk) -> None:
    case = desk.submit()
    import_id = keep(desk, renamed(desk))
    with pytest.raises(Forbidden):
        apply(desk, import_id, "bientap")
    assert len(current(desk)) == 1016
    apply(desk, import_id)
    by_code = {procedure.code: procedure for procedure in current(desk)}
    assert by_code[CODE].name == "Tên mới"
    assert by_code["9.000001"].name == "Mới tinh"
    with desk.database.unit_of_work() as session:
        assert queries.version(session, case.version_id).procedure.name == "Thủ tục đăng ký khai sinh"
        assert len(queries.offering_agencies(session, "9.000001")) > 0
    with pytest.raises(Refusal, match="vừa được người khác"):
        apply(desk, import_id)


def test_an_import_may_take_effect_later(desk: Desk) -> None:
    apply(desk, keep(desk, renamed(desk), days=3))
    with desk.database.unit_of_work() as session:
        row = ProcedureVersionRow
        waiting = select(func.count()).where(row.state == VersionState.APPROVED)
        assert session.scalar(waiting) == 2
        assert queries.published(session, CODE).procedure.name == "Thủ tục đăng ký khai sinh"


def test_one_wrong_row_and_nothing_is_taken(desk: Desk) -> None:
    procedures = current(desk)
    broken = [
        procedures[0].model_copy(update={"name": "Đổi"}),
        procedures[1].model_copy(update={"sector": "khong-co"}),
        procedures[2].model_copy(update={"name": ""}),
    ]
    with pytest.raises(WrongFile) as caught:
        keep(desk, workbook.write(broken, library()), "x.xlsx")
    assert [(mistake.sheet, mistake.row) for mistake in caught.value.mistakes] == [("Thủ tục", 3), ("Thủ tục", 4)]
    assert current(desk) == procedures


def test_an_import_never_overwrites_what_changed_meanwhile(desk: Desk) -> None:
    import_id = keep(desk, renamed(desk))
    publish(desk, fees=[{"amount_vnd": 8000}])
    with pytest.raises(WrongFile, match="đã thay đổi sau khi"):
        apply(desk, import_id)
    by_code = {procedure.code: procedure for procedure in current(desk)}
    assert len(by_code) == 1016
    assert by_code[CODE].fees


def test_departments_do_not_import(desk: Desk) -> None:
    for login in ("motcua", "congdan", "lanhdao"):
        with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
            changed = importing.differences(session, importing.read_file("x.jsonl", renamed(desk)))
            importing.keep(session, "x.jsonl", changed, local_day(desk.now), "", by=desk.actor(login), now=desk.now)
