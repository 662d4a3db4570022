"""Narrowing search results by what procedures have in common, each choice with its count; plain links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from services_catalog.reference import AGENCY_GROUPS
from services_catalog.search import CatalogIndex
from services_catalog.words import AUDIENCE_NAMES, LEVEL_NAMES

# Address parameter, facet of the index, and what people read.
_GROUPS = (
    ("cap", "level", "Nơi giải quyết"),
    ("doi-tuong", "audience", "Dành cho"),
    ("muc", "service_level", "Mức trực tuyến"),
    ("linh-vuc", "sector", "Lĩnh vực"),
    ("co-quan", "agency", "Cơ quan"),
)
_PLACE_NAMES = {"province": "Cấp tỉnh", "commune": "Cấp xã"}
_GROUP_NAMES = {group.name: f"{group.title} xã, phường" for group in AGENCY_GROUPS}


@dataclass(frozen=True)
class Choice:
    """One value of a filter; `address` chooses it, or takes it off where it is chosen."""

    label: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class FilterGroup:
    """A filter with its choices, the most frequent first."""

    facet: str
    title: str
    choices: list[Choice]

    @property
    def chosen(self) -> Choice | None:
        """The choice that is on."""
        return next((choice for choice in self.choices if choice.is_chosen), None)


def chosen_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """Facet and value of each filter in the address."""
    return {facet: value for name, facet, _ in _GROUPS if (value := arguments.get(name, "")[:80])}


def filter_groups(session: Session, index: CatalogIndex, query: str, chosen: Mapping[str, str]) -> list[FilterGroup]:
    """All filters with counts among the results of `query` with what is chosen."""
    counts = index.facets(query, chosen)
    names = {
        "sector": index.sector_names,
        "level": _PLACE_NAMES,
        "agency": {**_GROUP_NAMES, **_agency_names(session)},
        "service_level": {str(key): name for key, name in LEVEL_NAMES.items()},
        "audience": {str(key): name for key, name in AUDIENCE_NAMES.items()},
    }
    parameters = {facet: name for name, facet, _ in _GROUPS}
    return [
        FilterGroup(
            facet, title, _choices(query, chosen, parameters, facet, counts.get(facet, Counter()), names[facet])
        )
        for _, facet, title in _GROUPS
    ]


def search_address(query: str, chosen: Mapping[str, str], page: int = 1) -> str:
    """The address of a page of results with filters."""
    parameters = {facet: name for name, facet, _ in _GROUPS}
    filters = {parameters[facet]: value for facet, value in chosen.items()}
    return url_for("public.search", **{"q": query or None, "trang": page if page > 1 else None, **filters})  # type: ignore[arg-type]


def _choices(
    query: str, chosen: Mapping[str, str], parameters: Mapping[str, str], facet: str, counts: Counter[str],
    names: Mapping[str, str],
) -> list[Choice]:  # fmt: skip
    others = {name: value for name, value in chosen.items() if name != facet}
    choices = []
    for value, count in counts.most_common():
        is_chosen = chosen.get(facet) == value
        if is_chosen or facet not in chosen:
            address = search_address(query, others if is_chosen else {**others, facet: value})
            choices.append(Choice(names.get(value, value), count, address, is_chosen))
    return choices


def _agency_names(session: Session) -> dict[str, str]:
    query = select(Agency.key, Agency.name).where(Agency.place_code.is_(None)).order_by(Agency.key)
    return {row.key: row.name for row in session.execute(query)}
