"""Communes and addresses."""

import pytest

from services_catalog import gazetteer


@pytest.mark.parametrize("typed", ["Phường Đông Kinh", "dong kinh", "p. Đông Kinh", "ĐÔNG KINH"])
def test_a_commune_is_found_however_it_is_typed(typed: str) -> None:
    assert gazetteer.communes()[gazetteer.find_commune(typed) or ""] == "Phường Đông Kinh"


def test_what_is_no_commune_is_not_found_but_may_have_become_one() -> None:
    assert gazetteer.find_commune("Xã Thụy Hùng cũ") is None
    assert gazetteer.find_commune("") is None
    assert gazetteer.became("Xã Không Có Thật") is None
    old = [name for name in ("Phường Vĩnh Trại", "Phường Chi Lăng", "Xã Mai Pha") if gazetteer.became(name)]
    assert old


def test_there_are_34_provinces_and_abroad() -> None:
    assert len(gazetteer.provinces()) == 35
    assert next(iter(gazetteer.provinces())) == gazetteer.HOME
    assert len(gazetteer.communes()) == 65


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Phường Tam Thanh, tỉnh Lạng Sơn", {"province": "20", "commune": "Phường Tam Thanh"}),
        ("Số 5, tổ 2, tam thanh, Lạng Sơn", {"province": "20", "commune": "Phường Tam Thanh", "detail": "Số 5, tổ 2"}),
        ("Phường Hoàn Kiếm, TP Hà Nội", {"province": "01", "commune": "Phường Hoàn Kiếm"}),
        ("Xã Cũ, huyện Cao Lộc, Lạng Sơn", {"written": "Xã Cũ, huyện Cao Lộc, Lạng Sơn"}),
        ("Lạng Sơn", {"written": "Lạng Sơn"}),
        ("", {"written": ""}),
    ],
)
def test_an_address_of_one_line_is_taken_apart_where_that_is_sure(written: str, parts: dict[str, str]) -> None:
    assert gazetteer.parts_of(written) == parts
