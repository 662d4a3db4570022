"""How often people find what they mean, over our own set of queries."""

from __future__ import annotations

from pathlib import Path

from services_catalog.indexing import index_of
from services_catalog.loader import load_catalog

QUERIES = Path(__file__).with_name("search_queries.txt")


def cases() -> list[tuple[str, set[str]]]:
    """Pairs of query and acceptable codes."""
    lines = [line for line in QUERIES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(query.strip(), set(codes.split())) for query, codes in (line.split("|") for line in lines)]


def test_the_set_is_large_and_its_codes_exist() -> None:
    known = load_catalog().procedures
    assert len(cases()) >= 150
    assert all(codes <= set(known) for _, codes in cases())


def test_people_find_what_they_mean() -> None:
    index = index_of(load_catalog())
    first, among_three, missed = 0, 0, []
    for query, codes in cases():
        found = index.search(query, limit=3).codes
        first += bool(found) and found[0] in codes
        among_three += bool(codes & set(found))
        if not codes & set(found):
            missed.append((query, found))
    assert first / len(cases()) >= 0.95, missed
    assert among_three / len(cases()) >= 0.98, missed
