"""How often people find what they mean, over our own sets of queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_catalog.indexing import index_of
from services_catalog.loader import load_catalog
from services_catalog.search import CatalogIndex

HERE = Path(__file__).parent
# Names and short wishes; and whole questions, abbreviations and slips of the finger, which are harder.
SETS = {"search_queries.txt": (0.95, 0.98), "search_questions.txt": (0.92, 0.97)}


def cases(name: str = "search_queries.txt") -> list[tuple[str, set[str]]]:
    """Pairs of query and acceptable codes."""
    lines = [line for line in (HERE / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(query.strip(), set(codes.split())) for query, codes in (line.rsplit("|", 1) for line in lines)]


@pytest.fixture(scope="module")
def index() -> CatalogIndex:
    return index_of(load_catalog())


@pytest.mark.parametrize("name", SETS)
def test_the_sets_are_large_and_their_codes_exist(name: str) -> None:
    known = load_catalog().procedures
    assert len(cases(name)) >= 150
    assert all(codes <= set(known) for _, codes in cases(name))


@pytest.mark.parametrize(("name", "least"), SETS.items())
def test_people_find_what_they_mean(index: CatalogIndex, name: str, least: tuple[float, float]) -> None:
    first, among_three, missed = 0, 0, []
    for query, codes in cases(name):
        found = index.search(query, limit=3).codes
        first += bool(found) and found[0] in codes
        among_three += bool(codes & set(found))
        if not codes & set(found):
            missed.append((query, found))
    assert first / len(cases(name)) >= least[0], missed
    assert among_three / len(cases(name)) >= least[1], missed
