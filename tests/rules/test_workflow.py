"""The stages of a process: their order, and the time divided over them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.identity.models import CASE_ROLES, Role
from services_catalog import words
from services_catalog.defaults import Defaults
from services_catalog.loader import library, load_catalog
from services_catalog.model import Procedure, TimeLimit
from services_catalog.terms import StageRole, TimeUnit
from services_catalog.workflow import Stage, Workflow, spread

STANDARD = library().workflows["standard"]
DOES = ["receive", "propose", "endorse", "approve", "issue"]


def stages(*hours: int | None, does: list[str] = DOES) -> tuple[Stage, ...]:
    return tuple(
        Stage(key=f"s{n}", label=f"Bước {n}", role="head", does=action, hours=hour)
        for n, (action, hour) in enumerate(zip(does, hours, strict=True))
    )


@given(st.integers(1, 5000))
def test_the_hours_of_the_stages_are_the_total(total: int) -> None:
    filled = spread(STANDARD, total)
    if total >= 5:
        assert filled.total_hours == total
        assert all(stage.hours and stage.hours >= 1 for stage in filled.stages)
    else:
        assert filled.total_hours is None


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        (["propose", "approve", "issue"], "Bước đầu"),
        (["receive", "propose", "approve"], "bước cuối"),
        (["receive", "approve", "issue"], "thụ lý"),
        (["receive", "approve", "propose", "issue"], "đứng trước"),
        (["receive", "endorse", "propose", "approve", "issue"], "Ngay sau"),
        (["receive", "propose", "issue", "approve", "issue"], "Chỉ có một"),
        (["receive", "propose", "approve", "propose", "issue"], "không sửa nữa"),
        ([], "Bước đầu"),
    ],
)
def test_stages_that_lead_nowhere_are_refused(does: list[str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Workflow(title="Sai", stages=stages(*[None] * len(does), does=does))


def procedure(**more: object) -> Procedure:
    known = {"code": "1.000001", "name": "Thử", "sector": "ho-tich", "ministry": "Bộ", "agencies": ("@communes",)}
    return Procedure.model_validate({**known, **more})


def test_own_stages_fill_the_statutory_time() -> None:
    limit = TimeLimit(value=5, unit=TimeUnit.WORKING_DAYS)
    assert procedure(time_limits=(limit,), stages=stages(2, 20, 8, 8, 2)).stages
    with pytest.raises(ValidationError, match="phải bằng 40 giờ"):
        procedure(time_limits=(limit,), stages=stages(2, 20, 8, 8, 1))
    with pytest.raises(ValidationError, match="Hãy ghi tổng số giờ"):
        procedure(time_limits=(TimeLimit(value=5, unit=TimeUnit.DAYS),), stages=stages(2, 20, 8, 8, 2))
    assert procedure(promised_hours=39, time_limits=(limit,), stages=stages(2, 20, 8, 8, 1)).stages


def test_the_default_time_stands_in_and_is_marked() -> None:
    marriage = load_catalog().procedures["1.000894"]
    workflow = library().workflow_of(marriage)
    assert marriage.time_limits == ()
    assert workflow.sample
    assert workflow.promised_hours == workflow.total_hours == library().defaults.hours_for(marriage)


def test_the_first_default_that_fits_counts() -> None:
    times = ({"sector": "dat-dai", "hours": 9}, {"level": "commune", "hours": 16}, {"hours": 24})
    others = {"fee_notice": "x", "return_channels": ("online",), "supplement_days": 30, "remind_days": 7,
              "answer_hours": 8}  # fmt: skip
    defaults = Defaults.model_validate({"times": times, **others})
    assert defaults.hours_for(procedure()) == 16
    assert defaults.hours_for(procedure(sector="dat-dai")) == 9
    assert defaults.hours_for(procedure(agencies=("so-tu-phap",))) == 24


@given(st.integers(1, 3000))
def test_a_process_with_hours_is_divided_anew(total: int) -> None:
    same_day = library().workflows["same-day-civil-status"]
    filled = spread(same_day, total)
    assert filled.total_hours == (total if total >= 5 else None)


def test_slips_of_the_hand_are_not_deadlines() -> None:
    for wrong in ({"promised_hours": 10**9}, {"time_limits": ({"value": 10**7, "unit": "months"},)}):
        with pytest.raises(ValidationError, match="less than or equal"):
            procedure(**wrong)


def test_times_are_told_exactly() -> None:
    assert words.working_hours(9) == "9 giờ làm việc"
    assert words.working_hours(24) == "3 ngày làm việc"
    assert words.office_time(9 * 60) == "1,5 ngày làm việc"


def test_roles_of_stages_are_roles_of_staff() -> None:
    assert {role.value for role in StageRole} == {role.value for role in CASE_ROLES - {Role.ACCOUNTANT}}
