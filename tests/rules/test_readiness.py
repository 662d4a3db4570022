"""What going fully online needs, and what stands in for it."""

from __future__ import annotations

from typing import Any

import pytest

from services_catalog.loader import library, load_catalog
from services_catalog.readiness import Standing, readiness
from tests.rules.test_workflow import procedure

KNOWN = library()


def standing(title: str, **changes: Any) -> Standing:
    found = readiness(procedure(**changes), KNOWN)
    return next(need.standing for need in found.needs if need.title == title)


def test_the_whole_catalogue_is_ready_and_says_what_is_a_default() -> None:
    found = [readiness(p, KNOWN) for p in load_catalog().procedures.values()]
    assert sum(item.is_ready for item in found) == len(found) == 1016
    assert all(need.text for item in found for need in item.needs)
    birth = next(item for item in found if item.procedure.code == "1.001193")
    own = {need.title for need in birth.needs if need.standing is Standing.OWN}
    assert own >= {"Tờ khai", "Thành phần hồ sơ", "Mẫu kết quả"}
    assert birth.defaults >= 1


@pytest.mark.parametrize(
    ("title", "changes"),
    [
        ("Mức trực tuyến", {"service_level": "partial"}),
        ("Mức trực tuyến", {"levels": {"ubnd-05986": "information"}}),
        ("Tờ khai", {"form": "khong-co"}),
        ("Các bước xử lý", {"workflow": "khong-co"}),
        ("Mẫu kết quả", {"result_paper": "khong-co"}),
        ("Cách trả kết quả", {"return_channels": ("desk",)}),
    ],
)
def test_what_is_missing_is_told(title: str, changes: dict[str, Any]) -> None:
    assert standing(title, **changes) is Standing.MISSING
    assert not readiness(procedure(**changes), KNOWN).is_ready


def test_own_values_are_not_defaults() -> None:
    limits = ({"value": 1, "unit": "working_days"},)
    assert standing("Thời hạn") is Standing.DEFAULT
    assert standing("Thời hạn", time_limits=limits) is Standing.OWN
    assert standing("Phí, lệ phí") is Standing.DEFAULT
    assert standing("Phí, lệ phí", fees=({"amount_vnd": 0},)) is Standing.OWN
    assert standing("Phí, lệ phí", fees=({"amount_vnd": 5000, "channels": ("desk",)},)) is Standing.DEFAULT
    assert standing("Cách trả kết quả", return_channels=("online",)) is Standing.OWN
