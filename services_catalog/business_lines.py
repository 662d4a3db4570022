"""Divisions (ngành cấp 2) of the Vietnamese system of economic activities, by the first two digits of a code."""

from __future__ import annotations

from functools import cache

from services_catalog.reading import DATA, CatalogError, Reader


def division(code: str) -> str | None:
    """The name of the division that a code belongs to, or None where there is no such division."""
    return _divisions().get(code[:2])


@cache
def _divisions() -> dict[str, str]:
    reader = Reader(DATA)
    found: dict[str, str] | None = reader.one("business-lines.yml", dict[str, str])
    if found is None:
        raise CatalogError(reader.mistakes)
    return found
