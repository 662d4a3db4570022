"""Units and people: who may keep them, what is checked, what is recorded; import of all of them from a workbook."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select, text
from sqlalchemy.exc import InternalError, ProgrammingError
from sqlalchemy.orm import Session

from portal.administration import importing, people, units
from portal.administration.models import AuditEntry
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Stale
from portal.identity import actions as identity
from portal.identity import queries as accounts
from portal.identity.actor import Actor, actor_for
from portal.identity.models import Account, Position, Role
from portal.publishing.loading import load
from portal.runtime import demo
from services_catalog.exchange.entries import WrongFile
from tests.support.desk import Desk

UNIT = {"key": "trung-tam-moi", "name": "Trung tâm mới", "kind": "branch", "code": "H37.90", "parent": "so-noi-vu",
        "valid_from": "2026-01-01", "valid_to": "", "predecessors": ""}  # fmt: skip
PERSON = {"login": "Tran.Van.C", "full_name": "Trần Văn C", "phone": "0912 111 222", "agency": demo.AGENCY,
          "role": "case_officer", "title": ""}  # fmt: skip


def keeper_of(session: Session, desk: Desk, agency_key: str) -> Actor:
    """Somebody who configures one agency alone."""
    account = identity.create_account(session, login="giu-mot-noi", password="x", full_name="X", now=desk.now)
    identity.appoint(session, account, agency_key, Role.CONFIGURATOR, desk.now)
    session.refresh(account)
    return actor_for(account, local_day(desk.now))


def test_a_unit_is_made_changed_and_ended(desk: Desk) -> None:
    by = desk.actor("quantri")
    with desk.database.unit_of_work() as session:
        made = units.save(session, None, {**UNIT, "predecessors": "chi-cuc-kiem-lam"}, by=by, now=desk.now)
        assert (made.key, made.code, made.is_active) == ("trung-tam-moi", "H37.90", True)
        assert [a.key for a in units.predecessors_of(session, made.key)] == ["chi-cuc-kiem-lam"]
        units.save(session, made.key, {**UNIT, "code": "000.00.91.H37", "valid_to": "2026-03-09"}, by=by, now=desk.now)
        assert (made.code, made.is_active) == ("H37.91", False)
        assert units.predecessors_of(session, made.key) == []
        told = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [entry.what for entry in told] == ["Thêm đơn vị", "Sửa đơn vị"]
        assert told[1].details["changed"]["code"] == ["H37.90", "H37.91"]
    with desk.database.unit_of_work() as session:
        load(session, desk.now, force=True)  # what the folder says does not undo it
        assert session.get_one(Agency, "trung-tam-moi").name == "Trung tâm mới"


def test_a_unit_ends_on_its_day(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        given = {**UNIT, "valid_to": "2026-03-10"}
        made = units.save(session, None, given, by=desk.actor("quantri"), now=desk.now)
        assert made.is_active
        assert units.keep_days(session, desk.now) == 0
        assert units.keep_days(session, desk.now + timedelta(days=1)) == 1
        session.refresh(made)
        assert not made.is_active


def test_a_unit_begins_on_its_day(desk: Desk) -> None:
    by = desk.actor("quantri")
    with desk.database.unit_of_work() as session:
        made = units.save(session, None, {**UNIT, "valid_from": "2026-03-12"}, by=by, now=desk.now)
        assert not made.is_active
        units.save(session, made.key, {**UNIT, "valid_from": "2026-03-12", "name": "Khác"}, by=by, now=desk.now)
        assert not made.is_active
        assert units.keep_days(session, desk.now) == 0
        assert units.keep_days(session, desk.now + timedelta(days=2)) == 1
        session.refresh(made)
        assert (made.is_active, made.is_awaited) == (True, False)


def test_two_administrators_do_not_undo_each_other(desk: Desk) -> None:
    by = desk.actor("quantri")
    with desk.database.unit_of_work() as session:
        made = units.save(session, None, UNIT, by=by, now=desk.now)
        seen = units.fingerprint(session, made)
        units.save(session, made.key, {**UNIT, "name": "Của người thứ nhất", "seen": seen}, by=by, now=desk.now)
        with pytest.raises(Stale):
            units.save(session, made.key, {**UNIT, "name": "Của người thứ hai", "seen": seen}, by=by, now=desk.now)
        assert made.name == "Của người thứ nhất"


def test_people_are_corrected(desk: Desk) -> None:
    by = desk.actor("quantri")
    with desk.database.unit_of_work() as session:
        person = desk.account(session, "chuyenvien")
        place = person.positions[0]
        given = {"full_name": "Tên Mới", "phone": "0912 000 111", f"title-{place.id}": "Công chức tư pháp"}
        people.correct(session, person, given, by=by, now=desk.now)
        assert (person.full_name, person.phone, place.title) == ("Tên Mới", "+84912000111", "Công chức tư pháp")
        told = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert told is not None and told.what == "Sửa họ tên, điện thoại, chức danh"
        assert told.details == {}  # no name and no number in the record
        for wrong, name in (({"full_name": ""}, "full_name"), ({"phone": "abc"}, "phone"),
                            ({f"title-{place.id}": "x" * 151}, f"title-{place.id}")):  # fmt: skip
            with pytest.raises(Invalid) as raised:
                people.correct(session, person, given | wrong, by=by, now=desk.now)
            assert set(raised.value.errors) == {name}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"key": "Có dấu"}, "key"),
        ({"key": "so-tu-phap"}, "key"),
        ({"name": " "}, "name"),
        ({"kind": "?"}, "kind"),
        ({"code": "H37"}, "code"),
        ({"code": "xyz"}, "code"),
        ({"parent": "khong-co"}, "parent"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
        ({"predecessors": "khong-co"}, "predecessors"),
    ],
)
def test_wrong_units(desk: Desk, given: dict[str, str], wrong: str) -> None:
    with desk.database.unit_of_work() as session, pytest.raises(Invalid) as told:
        units.save(session, None, {**UNIT, **given}, by=desk.actor("quantri"), now=desk.now)
    assert list(told.value.errors) == [wrong]


def test_a_unit_is_not_below_itself(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        branch = session.get_one(Agency, "chi-cuc-kiem-lam")
        top = session.get_one(Agency, branch.parent_key or "")
        given = {"name": top.name, "kind": top.kind, "code": top.code or "", "parent": branch.key}
        with pytest.raises(Invalid) as told:
            units.save(session, top.key, given, by=desk.actor("quantri"), now=desk.now)
        assert list(told.value.errors) == ["parent"]
        depths = dict((row.key, depth) for depth, row in units.tree(session))
        assert depths["chi-cuc-kiem-lam"] == depths[top.key] + 1


def test_hiring_and_the_first_password(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        account, code = people.hire(session, PERSON, by=desk.actor("quantri"), now=desk.now)
        assert (account.login, account.phone) == ("tran.van.c", "+84912111222")
        assert identity.sign_in(session, account.login, code) is None
        for wrong in (code[:-1], "", "0" * 10):
            with pytest.raises(Invalid) as told:
                people.activate(session, account.login, wrong, "mat khau dai", "mat khau dai", desk.now)
            assert "code" in told.value.errors
        with pytest.raises(Invalid):
            people.activate(session, account.login, code, "ngan", "ngan", desk.now)
        with pytest.raises(Invalid):
            people.activate(session, account.login, code, "mat khau dai", "mat khau khac", desk.now)
        with pytest.raises(Invalid):
            late = desk.now + timedelta(days=31)
            people.activate(session, account.login, code, "mat khau dai", "mat khau dai", late)
        people.activate(
            session, "TRAN.VAN.C", f" {code[:5]} {code[5:].upper()}", "mat khau dai", "mat khau dai", desk.now
        )
        assert identity.sign_in(session, "tran.van.c", "mat khau dai") is account
        with pytest.raises(Invalid):  # once
            people.activate(session, account.login, code, "mat khau khac", "mat khau khac", desk.now)
        with pytest.raises(Invalid):
            people.activate(session, "khong-co", code, "mat khau dai", "mat khau dai", desk.now)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"login": "có dấu"}, "login"), ({"login": "motcua"}, "login"), ({"full_name": ""}, "full_name"),
        ({"phone": "abc"}, "phone"), ({"agency": "?"}, "agency"), ({"role": "?"}, "role"),
    ],
)  # fmt: skip
def test_wrong_people(desk: Desk, given: dict[str, str], wrong: str) -> None:
    with desk.database.unit_of_work() as session, pytest.raises(Invalid) as told:
        people.hire(session, {**PERSON, **given}, by=desk.actor("quantri"), now=desk.now)
    assert list(told.value.errors) == [wrong]


def test_who_keeps_one_agency_keeps_to_it(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        by = keeper_of(session, desk, demo.POLICE)
        with pytest.raises(Forbidden):
            units.save(session, None, UNIT, by=by, now=desk.now)
        hired, _ = people.hire(session, {**PERSON, "agency": demo.POLICE}, by=by, now=desk.now)
        for given in ({"agency": demo.AGENCY}, {"agency": demo.POLICE, "role": "configurator"},
                      {"agency": demo.POLICE, "role": "operator"}):  # fmt: skip
            with pytest.raises(Invalid):
                people.hire(session, {**PERSON, "login": "d", **given}, by=by, now=desk.now)
            with pytest.raises(Invalid):
                people.appoint(session, hired, {**PERSON, **given}, by=by, now=desk.now)
        # Who works elsewhere, too, is not theirs to close, nor to give a new code.
        officer = people.account_for(session, by, "chuyenvien")
        for act in (lambda: people.set_active(session, officer, False, by=by, now=desk.now),
                    lambda: people.renew_code(session, officer, by=by, now=desk.now)):  # fmt: skip
            with pytest.raises(Forbidden):
                act()
        elsewhere = next(p for p in officer.positions if p.agency_key == demo.AGENCY)
        with pytest.raises(Forbidden):
            people.end_position(session, elsewhere.id, by=by, now=desk.now)
        for login in ("quantri", "congdan", "bientap"):
            with pytest.raises(NotFound):
                people.account_for(session, by, login)
        found = {account.login for account in people.search(session, by, "", "", limit=100)}
        assert "tran.van.c" in found
        assert "quantri" not in found


def test_positions_end_and_accounts_close(desk: Desk) -> None:
    by = desk.actor("quantri")
    with desk.database.unit_of_work() as session:
        account = people.account_for(session, by, "vanthu")
        position = next(p for p in account.positions if p.agency_key == demo.AGENCY)
        people.end_position(session, position.id, by=by, now=desk.now)
    assert (demo.AGENCY, Role.CLERK) not in desk.actor("vanthu").roles
    with desk.database.unit_of_work() as session:
        account = people.account_for(session, by, "vanthu")
        people.appoint(session, account, {"agency": demo.AGENCY, "role": "clerk"}, by=by, now=desk.now)
        with pytest.raises(Invalid):
            people.appoint(session, account, {"agency": demo.POLICE, "role": "clerk"}, by=by, now=desk.now)
        myself = people.account_for(session, by, "quantri")
        with pytest.raises(Invalid):
            people.appoint(session, myself, {"agency": demo.AGENCY, "role": "approver"}, by=by, now=desk.now)
        people.set_active(session, account, False, by=by, now=desk.now)
    with desk.database.unit_of_work() as session:
        assert accounts.account(session, account.id) is None
        with pytest.raises(Forbidden):
            people.set_active(session, people.account_for(session, by, "quantri"), False, by=by, now=desk.now)


def test_the_record_cannot_be_changed(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        units.save(session, None, UNIT, by=desk.actor("quantri"), now=desk.now)
    for statement in ("UPDATE audit_entries SET what = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
        with pytest.raises((InternalError, ProgrammingError)), desk.database.unit_of_work() as session:
            session.execute(text(statement))


def workbook(unit_rows: list[list[object]], people_rows: list[list[object]]) -> bytes:
    book = Workbook(write_only=True)
    for title, columns, rows in (
        (importing.UNITS, importing.UNIT_COLUMNS, unit_rows),
        (importing.PEOPLE, importing.PEOPLE_COLUMNS, people_rows),
    ):
        page = book.create_sheet(title)
        page.append(list(columns))
        for row in rows:
            page.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def bring_in(desk: Desk, content: bytes) -> importing.Imported:
    with desk.database.unit_of_work() as session:
        found = importing.read(session, content)
        return importing.apply(session, found, "tep.xlsx", by=desk.actor("quantri"), now=desk.now)


def test_import(desk: Desk) -> None:
    content = workbook(
        [["don-vi-con", "Đơn vị con", "Chi cục, trung tâm", "", "don-vi-me"],
         ["don-vi-me", "Đơn vị mẹ", "department", "H37.95", "ubnd-tinh"]],
        [["le.d", "Lê Văn D", 912345678.0, "don-vi-con", "Chuyên viên thụ lý", ""],
         ["le.d", "Lê Văn D", "", "don-vi-me", "head", "Trưởng phòng"],
         ["motcua", "Cán Bộ Một Cửa Đổi Tên", "", "don-vi-me", "Cán bộ một cửa", ""]],
    )  # fmt: skip
    done = bring_in(desk, content)
    assert (done.units, done.people, done.positions) == (2, 2, 3)
    ((login, _, code),) = done.codes
    with desk.database.unit_of_work() as session:
        assert session.get_one(Agency, "don-vi-con").parent_key == "don-vi-me"
        account = people.activate(session, login, code, "mat khau dai", "mat khau dai", desk.now)
        assert account.phone == "+84912345678"
        assert ("don-vi-me", Role.HEAD) in actor_for(account, local_day(desk.now)).roles
        known = desk.account(session, "motcua")
        assert known.full_name == "Cán Bộ Một Cửa Đổi Tên"
        assert identity.sign_in(session, "motcua", demo.PASSWORD) is known  # who can sign in goes on as before
        assert (demo.AGENCY, Role.RECEIVING_OFFICER) in actor_for(known, local_day(desk.now)).roles
    again = bring_in(desk, content)
    assert (again.positions, again.codes) == (0, [])


def test_import_is_all_or_nothing(desk: Desk) -> None:
    content = workbook(
        [["ok", "Được", "department", "", ""], ["a", "A", "?", "H37", "khong-co"], ["b", "", "branch", "", "c"],
         ["c", "C", "branch", "", "b"], ["ok", "Hai lần", "branch", "", ""]],
        [["x.y", "X", "abc", "ok", "head", ""], ["x.y", "Y", "", "khong", "?", ""], ["", "", "", "", "", ""],
         ["có dấu", "Z", "", "ok", "head", ""]],
    )  # fmt: skip
    with desk.database.unit_of_work() as session:
        before = session.scalar(select(func.count()).select_from(Account))
        found = importing.read(session, content)
        assert {(m.sheet, m.row, m.column) for m in found.mistakes} >= {
            (importing.UNITS, 3, "Loại"), (importing.UNITS, 3, "Mã định danh"), (importing.UNITS, 3, "Mã cấp trên"),
            (importing.UNITS, 4, "Tên"), (importing.UNITS, 4, "Mã cấp trên"), (importing.UNITS, 6, "Mã đơn vị"),
            (importing.PEOPLE, 2, "Điện thoại"), (importing.PEOPLE, 3, "Mã đơn vị"), (importing.PEOPLE, 3, "Vai trò"),
            (importing.PEOPLE, 5, "Tên đăng nhập"),
        }  # fmt: skip
        with pytest.raises(WrongFile):
            importing.apply(session, found, "tep.xlsx", by=desk.actor("quantri"), now=desk.now)
        assert session.scalar(select(func.count()).select_from(Account)) == before
        assert session.get(Agency, "ok") is None
        for wrong in (b"", b"PK\x03\x04", workbook([], [])[:100]):
            with pytest.raises(WrongFile):
                importing.read(session, wrong)


def test_import_takes_nobody_over(desk: Desk) -> None:
    """Neither a citizen's account nor one's own; a unit that has ended stays so."""
    for login in ("congdan", "quantri"):
        with pytest.raises(WrongFile):
            bring_in(desk, workbook([], [[login, "Ai", "", demo.AGENCY, "head", ""]]))
    with desk.database.unit_of_work() as session:
        former = session.scalars(select(Agency).where(Agency.is_active.is_(False))).first()
        assert former is not None
        by = desk.actor("quantri")
        given = {"name": "Tên sửa", "kind": former.kind, "code": former.code or "", "parent": former.parent_key or ""}
        assert not units.save(session, former.key, given, by=by, now=desk.now).is_active
    with desk.database.unit_of_work() as session:
        found = importing.read(session, workbook([], [["a.b", "A", "", former.key, "head", ""]]))
        assert [mistake.column for mistake in found.mistakes] == ["Mã đơn vị"]


def test_import_is_for_who_keeps_the_province(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        by = keeper_of(session, desk, demo.POLICE)
        found = importing.read(session, workbook([], [["x.y", "X", "", demo.POLICE, "head", ""]]))
        with pytest.raises(Forbidden):
            importing.apply(session, found, "tep.xlsx", by=by, now=desk.now)
        assert (
            session.scalar(select(func.count()).select_from(Position).join(Account).where(Account.login == "x.y")) == 0
        )
