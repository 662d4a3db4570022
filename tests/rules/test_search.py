"""Searching the shipped catalogue."""

import pytest

from services_catalog.indexing import index_of
from services_catalog.loader import load_catalog
from services_catalog.search import CatalogIndex
from services_catalog.spelling import highlight
from services_catalog.syllables import is_syllable
from services_catalog.text import search_words


@pytest.fixture(scope="module")
def index() -> CatalogIndex:
    return index_of(load_catalog())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("dang ky khai sinh", "1.001193"),
        ("Đăng ký khai sinh", "1.001193"),
        ("khai sinh", "1.001193"),
        ("khai snh", "1.001193"),
        ("dang ki ket hon", "1.000894"),
        ("xac nhan doc than", "1.004873"),
        ("cccd", "1.014061"),
        ("mất bằng lái", "3.000348"),
        ("nhập hộ khẩu", "1.004222"),
        ("sang ten xe may", "1.013076"),
        ("1.001193", "1.001193"),
        ("1.001193.000.00.00.H37", "1.001193"),
        ("1.001193.H37", "1.001193"),
    ],
)
def test_people_find_what_they_mean_first(index: CatalogIndex, query: str, code: str) -> None:
    assert index.search(query).codes[0] == code


def test_nothing_is_found_for_nonsense(index: CatalogIndex) -> None:
    assert index.search("xyzzy plugh").total == 0


@pytest.mark.parametrize("query", ["", "   ", "!!!", "'\"()[]{}*?:\\/+-", "a" * 500, "1.000000"])
def test_no_query_breaks_it(index: CatalogIndex, query: str) -> None:
    found = index.search(query, limit=5)
    assert len(found.codes) <= 5


def test_pages_cover_everything_once(index: CatalogIndex) -> None:
    pages = [index.search("", limit=100, offset=offset).codes for offset in range(0, 1100, 100)]
    codes = [code for page in pages for code in page]
    assert len(codes) == len(set(codes)) == 1016
    assert codes[0] == "1.001193"
    query = "cap giay phep"
    whole = index.search(query, limit=1000)
    paged = [c for o in range(0, whole.total, 20) for c in index.search(query, limit=20, offset=o).codes]
    assert len(set(paged)) == whole.total


@pytest.mark.parametrize(
    ("query", "shown"),
    [("khai snh", "khai sinh"), ("khaisinh", "khai sinh"), ("doi bang lai xe b1", None), ("dang ky khai sinh", None)],
)
def test_only_what_was_wrong_is_corrected(index: CatalogIndex, query: str, shown: str | None) -> None:
    assert index.search(query).corrected == shown


def test_typed_accents_decide(index: CatalogIndex) -> None:
    """ "bò" is an animal, "bộ" a ministry; typed without accents it may be either."""
    assert "1.001193" not in index.search("đòi nợ", limit=3).codes
    assert index.search("hoà giải đất đai").codes == index.search("hòa giải đất đai").codes


@pytest.mark.parametrize("word", ["ông", "tiệm", "gạch", "mèo", "roi", "rồi", "ống", "côi"])
def test_ordinary_words_are_not_repaired(index: CatalogIndex, word: str) -> None:
    assert index.search(word).corrected is None


def test_long_questions_are_answered(index: CatalogIndex) -> None:
    asked = "hai đứa cưới nhau thì lên phường đăng kí cần mang gì"
    assert index.search(asked).codes[0] == "1.000894"


def test_guesses_share_a_word(index: CatalogIndex) -> None:
    assert index.guess("qwrtz khai sinh")[0] == "1.001193"
    assert index.guess("?!") == []


def test_only_what_was_meant_is_marked(index: CatalogIndex) -> None:
    words = index.search("mat bang lai").words  # read as "giấy phép lái xe"
    marked = {piece for piece, is_marked in highlight("Giấy phép lái xe, hòa giải, giai đoạn, lại", words) if is_marked}
    assert marked == {"Giấy", "phép", "lái", "xe,", "lại"}


def test_syllables() -> None:
    assert all(is_syllable(word) for word in search_words("nghiêng khuya quýt giếng thuở Nguyễn gì oanh ướt"))
    assert not any(is_syllable(word) for word in ("snh", "khaisinh", "hkd", "kt", "xyz", "banh2", "sing"))
