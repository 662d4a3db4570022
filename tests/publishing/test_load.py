"""Loading the catalogue: idempotent, all or nothing, versions kept."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.agencies.models import Agency, AgencyPredecessor
from portal.base.db import Database
from portal.publishing import actions, queries
from portal.publishing.loading import load
from portal.publishing.models import ProcedureVersionRow
from services_catalog.loader import DATA, CatalogError
from tests.conftest import MORNING
from tests.support.desk import Desk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    target = tmp_path / "data"
    shutil.copytree(DATA, target)
    return target


def birth_file(data: Path) -> Path:
    return next(data.glob("procedures/ho-tich/1.001193-*/*.yml"))


def versions(database: Database) -> int:
    with database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(ProcedureVersionRow)) or 0


def test_loading_again_changes_nothing(database: Database, data: Path) -> None:
    before = versions(database)
    with database.unit_of_work() as session:
        assert load(session, MORNING, data).unchanged
        assert load(session, MORNING, data, force=True).new_versions == 0
        assert queries.count(session) == 1016
    assert versions(database) == before == 1016


def test_one_mistake_and_nothing_is_loaded(database: Database, data: Path) -> None:
    path = birth_file(data)
    path.write_text(path.read_text("utf-8").replace("Thủ tục đăng ký khai sinh", "Tên mới"), "utf-8")
    other = next(data.glob("procedures/ho-tich/1.000894-*/*.yml"))
    other.write_text(other.read_text("utf-8").replace("ministry", "minstry"), "utf-8")
    with pytest.raises(CatalogError), database.unit_of_work() as session:
        load(session, MORNING, data)
    with database.unit_of_work() as session:
        published = queries.published(session, "1.001193")
        assert published is not None
        assert published.procedure.name == "Thủ tục đăng ký khai sinh"


def test_a_new_version_is_published_on_its_day_and_old_cases_keep_theirs(desk: Desk, data: Path) -> None:
    case = desk.submit()
    path = birth_file(data)
    text = path.read_text("utf-8").replace("Thủ tục đăng ký khai sinh", "Đăng ký khai sinh kiểu mới")
    path.with_name("2026-06-01.yml").write_text(text, "utf-8")
    june = MORNING.replace(month=6)
    with desk.database.unit_of_work() as session:
        assert load(session, MORNING, data).new_versions == 1
        assert queries.published(session, "1.001193").procedure.name == "Thủ tục đăng ký khai sinh"
        assert queries.common(session, 1)[0].name == "Thủ tục đăng ký khai sinh"
        assert load(session, june, data).unchanged  # the same data; only the day has come
        assert queries.common(session, 1)[0].name == "Đăng ký khai sinh kiểu mới"
        now = queries.published(session, "1.001193")
        assert now.procedure.name == "Đăng ký khai sinh kiểu mới"
        assert queries.version(session, case.version_id).procedure.name == "Thủ tục đăng ký khai sinh"


def test_a_procedure_taken_out_is_no_longer_offered(database: Database, data: Path) -> None:
    shutil.rmtree(next(data.glob("procedures/thu-y/*")))
    (data / "names.yml").write_text("[]", "utf-8")  # its names would be a mistake
    with database.unit_of_work() as session:
        load(session, MORNING, data)
        assert queries.count(session) == 1015


def test_agencies_of_today_and_of_2021(database: Database) -> None:
    with database.unit_of_work() as session:
        active = session.scalars(select(Agency).where(Agency.is_active, Agency.kind == "commune")).all()
        former = session.scalars(select(Agency).where(Agency.kind.startswith("former_"))).all()
        pairs = session.scalar(select(func.count()).select_from(AgencyPredecessor))
    assert len(active) == 65
    assert len(former) == 211
    assert not any(agency.is_active for agency in former)
    assert pairs is not None
    assert pairs > 150


def test_new_codes_may_swap(database: Database, data: Path) -> None:
    path = data / "agency_codes.yml"
    text = path.read_text("utf-8")
    swapped = text.replace("so-noi-vu: H37.02", "so-noi-vu: H37.03").replace("so-tu-phap: H37.03", "so-tu-phap: H37.02")
    assert swapped != text
    path.write_text(swapped.replace("placeholder: true", "placeholder: false"), "utf-8")
    with database.unit_of_work() as session:
        load(session, MORNING, data)
        agency = session.get_one(Agency, "so-noi-vu")
        assert (agency.code, agency.code_is_placeholder) == ("H37.03", False)


def test_a_case_of_a_version_is_dated(database: Database) -> None:
    with database.unit_of_work() as session:
        row = session.scalars(select(ProcedureVersionRow).limit(1).order_by(ProcedureVersionRow.id)).one()
        assert isinstance(row.effective_on, date)


def test_a_file_that_a_person_took_back_stays_so_and_one_renamed_waits(desk: Desk, data: Path) -> None:
    path = birth_file(data)
    later = path.with_name("2026-02-01.yml")
    later.write_text(path.read_text("utf-8").replace("Thủ tục đăng ký khai sinh", "Tên tháng hai"), "utf-8")
    with desk.database.unit_of_work() as session:
        load(session, MORNING, data)
        second = queries.published(session, "1.001193")
        assert second.procedure.name == "Tên tháng hai"
        actions.undo(session, second.version_id, "Sai", by=desk.actor("duyetdanhmuc"), now=MORNING)
        form = data / "forms" / "birth-registration.yml"
        form.write_text(form.read_text("utf-8").replace("title: ", "title: Mới ", 1), "utf-8")
        load(session, MORNING, data)
        assert queries.published(session, "1.001193").procedure.name == "Thủ tục đăng ký khai sinh"
    later.unlink()
    path.rename(path.with_name("2099-01-01.yml"))
    with desk.database.unit_of_work() as session:
        load(session, MORNING, data)
        assert queries.published(session, "1.001193") is None
