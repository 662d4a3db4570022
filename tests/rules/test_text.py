"""Vietnamese text: normal form, folding, words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_catalog.text import accented_words, fold, nfc, search_words, words

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


@given(VIETNAMESE)
def test_accents_do_not_depend_on_the_normal_form(text: str) -> None:
    assert accented_words(unicodedata.normalize("NFD", text)) == accented_words(unicodedata.normalize("NFC", text))


@given(VIETNAMESE)
def test_words_are_the_same_with_and_without_their_accents(text: str) -> None:
    assert [word.plain for word in accented_words(text)] == search_words(text)


@pytest.mark.parametrize(("one", "other"), [("hoà giải", "hòa giải"), ("thuỷ sản", "thủy sản"), ("đăng kí", "đăng ký")])
def test_both_ways_of_writing_are_one(one: str, other: str) -> None:
    assert accented_words(one) == accented_words(other)


def test_nothing_is_known_of_accents_that_nobody_typed() -> None:
    assert {word.marks for word in accented_words("so do", is_typed=True)} == {""}
    assert all(word.marks for word in accented_words("sổ do", is_typed=True))


@given(st.text())
def test_nothing_that_cannot_be_stored_is_left(text: str) -> None:
    nfc(text).encode()
    assert not set(nfc(text)) & {chr(code) for code in (*range(32), 127)}
