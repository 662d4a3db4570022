"""Provinces and communes, as forms ask for them (two levels since 1/7/2025)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from services_catalog import reference
from services_catalog.reading import DATA as _DATA
from services_catalog.reading import CatalogError, Reader
from services_catalog.text import fold

HOME = "20"
ABROAD = "abroad"


@cache
def provinces() -> dict[str, str]:
    """The 34 provinces and cities by code, this one first, and abroad at the end."""
    listed: dict[str, str] = _read("provinces.yml", dict[str, str])
    return {HOME: listed[HOME]} | listed | {ABROAD: "Nước ngoài"}


@cache
def communes() -> dict[str, str]:
    """The communes and wards of this province: names by code."""
    return {place.code: place.name for place in _places()}


def find_commune(typed: str) -> str | None:
    """The code of the commune that was typed, with or without accents and "xã", "phường"; None if there is none."""
    wanted = fold(typed).strip()
    return _codes().get(wanted) or _codes().get(_bare(wanted))


def parts_of(address: str) -> dict[str, str]:
    """An address of one line in parts, where its end names a province and, in this one, a commune of today.

    Anything else is kept as it is written.
    """
    *rest, commune, province = ["", "", *(part.strip() for part in address.split(","))]
    code = next((code for code, name in provinces().items() if _plain(name) == _plain(province)), None)
    known = find_commune(commune) if code == HOME else None
    if code is None or not commune or (code == HOME and known is None):
        return {"written": address}
    name = communes()[known] if known else commune
    detail = ", ".join(filter(None, rest))
    return {"province": code, "commune": name} | ({"detail": detail} if detail else {})


@cache
def became(typed: str) -> str | None:
    """What a commune of before 1/7/2025 is part of now, or None."""
    wanted = _bare(fold(typed).strip())
    old = {place.code for place in _read("places-2021.yml", list[reference.FormerPlace]) if _is(place.name, wanted)}
    found = [place.name for place in _places() if old & set(place.merged_from)]
    return found[0] if len(found) == 1 else None


def _is(name: str, wanted: str) -> bool:
    return _bare(fold(name)) == wanted


@cache
def _codes() -> dict[str, str]:
    whole = {fold(name): code for code, name in communes().items()}
    bare: dict[str, list[str]] = {}
    for name, code in whole.items():
        bare.setdefault(_bare(name), []).append(code)
    return {name: codes[0] for name, codes in bare.items() if len(codes) == 1} | whole


def _plain(name: str) -> str:
    return re.sub(r"^(tinh|thanh pho|tp\.?) *", "", fold(name).strip())


def _bare(folded: str) -> str:
    return re.sub(r"^(xa|phuong|thi tran|p\.|x\.) *", "", folded)


@cache
def _places() -> list[reference.Place]:
    found: list[reference.Place] = _read("places.yml", list[reference.Place])
    return found


def _read(name: str, kind: Any) -> Any:
    reader = Reader(_DATA)
    found = reader.one(name, kind)
    if reader.mistakes:
        raise CatalogError(reader.mistakes)
    return found
