"""Case codes: form, day, spelling, and concurrency."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency
from portal.base.db import Database
from portal.base.errors import Refusal
from portal.cases.models import CaseCounter
from portal.cases.references import next_reference, normalise
from portal.runtime.demo import AGENCY

NIGHT = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)  # 00:30 on 10 March in Lạng Sơn


def test_the_day_is_the_local_one(database: Database) -> None:
    with database.unit_of_work() as session:
        agency = session.get_one(Agency, AGENCY)
        assert next_reference(session, agency, NIGHT) == f"{agency.code}-260310-0001"


def test_no_number_is_given_twice_or_left_out_under_concurrency(database: Database) -> None:
    def one(_: int) -> str:
        with database.unit_of_work() as session:
            return next_reference(session, session.get_one(Agency, AGENCY), NIGHT)

    with ThreadPoolExecutor(10) as pool:
        references = list(pool.map(one, range(60)))
    assert sorted(int(r.rsplit("-", 1)[1]) for r in references) == list(range(1, 61))


def test_a_rollback_gives_the_number_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        next_reference(session, session.get_one(Agency, AGENCY), NIGHT)
        raise RuntimeError
    with database.unit_of_work() as session:
        assert next_reference(session, session.get_one(Agency, AGENCY), NIGHT).endswith("-0001")


def test_past_9999_the_number_grows(database: Database) -> None:
    with database.unit_of_work() as session:
        session.add(CaseCounter(agency_key=AGENCY, day=datetime(2026, 3, 10, tzinfo=UTC).date(), last=9999))
    with database.unit_of_work() as session:
        reference = next_reference(session, session.get_one(Agency, AGENCY), NIGHT)
    assert reference.endswith("-10000")
    assert normalise(reference) == reference


def test_an_agency_without_a_code_cannot_take_cases(database: Database) -> None:
    with database.unit_of_work() as session:
        former = session.get_one(Agency, "2021-178")
        with pytest.raises(Refusal):
            next_reference(session, former, NIGHT)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("H37.19-210824-0001", "H37.19-210824-0001"),
        ("000.00.19.H37-210824-0001", "H37.19-210824-0001"),
        ("000.05.19.H37-210824-0001", "H37.19.05-210824-0001"),
        (" h37.19 - 210824 - 0001 ", "H37.19-210824-0001"),
        ("khong phai ma", None),
        ("", None),
        ("H37.19-2108-1", None),
    ],
)
def test_both_spellings_are_the_same_case(typed: str, normal: str | None) -> None:
    assert normalise(typed) == normal


@pytest.mark.parametrize(("old", "new"), [("000.00.00.H37", "H37"), ("000.00.19.H37", "H37.19"), ("H37.19", "H37.19")])
def test_spellings_of_agencies(old: str, new: str) -> None:
    assert new_spelling(old) == new
