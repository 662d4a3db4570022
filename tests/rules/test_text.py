"""Vietnamese text: normal form, folding, words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_catalog.text import fold, nfc, words

VIETNAMESE = st.text(
    alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵĐ "
)


@pytest.mark.parametrize(("typed", "plain"), [("Đăng ký", "dang ky"), ("hoà", "hoa"), ("hòa", "hoa"), ("ƯỚC", "uoc")])
def test_folding_drops_tones_marks_and_d(typed: str, plain: str) -> None:
    assert fold(typed) == plain


@given(VIETNAMESE)
def test_folding_does_not_depend_on_the_normal_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(VIETNAMESE)
def test_folding_leaves_ascii_only_and_is_stable(text: str) -> None:
    assert fold(text).isascii()
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_nfc_is_stable_and_trimmed(text: str) -> None:
    once = nfc(text)
    assert nfc(once) == once == once.strip()


def test_a_code_stays_one_word() -> None:
    assert words("Thủ tục 1.001193, hộ tịch.") == ["thu", "tuc", "1.001193", "ho", "tich"]
