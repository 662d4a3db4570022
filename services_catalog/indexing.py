"""The search index of a whole catalogue."""

from __future__ import annotations

from services_catalog.loader import Catalog
from services_catalog.model import Procedure
from services_catalog.search import CatalogIndex, Entry


def entry_of(procedure: Procedure, sector: str, *, also: tuple[str, ...] = (), rank: int | None = None) -> Entry:
    """What is searched, and filtered by, of one procedure. `sector` is its official name."""
    levels = ["commune" if name.startswith("@") else "province" for name in procedure.agencies]
    return Entry(
        code=procedure.code,
        name=procedure.name,
        sector=sector,
        results=" ".join(procedure.results),
        also=also,
        rank=rank,
        facets={
            "sector": (procedure.sector,),
            "level": tuple(dict.fromkeys(levels)),
            "agency": procedure.agencies,
            "audience": tuple(procedure.audiences),
            "service_level": tuple(dict.fromkeys((procedure.service_level, *procedure.levels.values()))),
        },
    )


def index_of(catalog: Catalog) -> CatalogIndex:
    """The index of a catalogue read from files."""
    also, ranks = catalog.also_called, catalog.common_ranks
    entries = [
        entry_of(p, catalog.sectors[p.sector], also=also.get(p.code, ()), rank=ranks.get(p.code))
        for p in catalog.procedures.values()
    ]
    return CatalogIndex(entries, catalog.synonyms.phrases)
