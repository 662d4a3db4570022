"""Reads `data/` into a `Catalog`: everything or nothing, each mistake with file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from services_catalog import reference
from services_catalog.blocks import Blocks, FormSource, mistakes_of
from services_catalog.composition import Composition
from services_catalog.defaults import Defaults
from services_catalog.exchange.national import NationalColumns
from services_catalog.form import Form
from services_catalog.form_check import form_mistakes
from services_catalog.library import Library
from services_catalog.model import Procedure
from services_catalog.reading import DATA, CatalogError, Mistake, Reader
from services_catalog.workflow import Workflow

__all__ = ["DATA", "Catalog", "CatalogError", "Mistake", "load_catalog"]


@dataclass(frozen=True)
class ProcedureVersion:
    """A procedure as it stands from `effective_on`."""

    procedure: Procedure
    effective_on: date


@dataclass(frozen=True)
class Catalog(Library):
    """All of the shipped data, checked."""

    versions: list[ProcedureVersion]
    synonyms: reference.Synonyms
    names: list[reference.EverydayNames]
    life_events: list[reference.LifeEvent]

    @property
    def common_ranks(self) -> dict[str, int]:
        """The place of each common procedure by code, 0 for the commonest."""
        return {named.code: rank for rank, named in enumerate(self.synonyms.procedures)}

    @property
    def also_called(self) -> dict[str, tuple[str, ...]]:
        """What people call each procedure, by code."""
        called: dict[str, tuple[str, ...]] = {}
        for named in (*self.synonyms.procedures, *self.names):
            called[named.code] = tuple(dict.fromkeys((*called.get(named.code, ()), *named.also)))
        return called

    @property
    def procedures(self) -> dict[str, Procedure]:
        """The newest version of each procedure by code."""
        newest = sorted(self.versions, key=lambda version: version.effective_on)
        return {version.procedure.code: version.procedure for version in newest}


def digest_of_data(root: Path = DATA) -> str:
    """A SHA-256 over every file of the data: equal digests mean that nothing has to be loaded."""
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*.yml")):
        whole.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def load_catalog(root: Path = DATA) -> Catalog:
    """Read and check all data below `root`. Raises `CatalogError` with every mistake found."""
    return _CatalogReader(root).read()


@cache
def library() -> Library:
    """The shipped data that procedures refer to. Raises `CatalogError`."""
    reader = _CatalogReader(DATA)
    parts = reader.library()
    if reader.mistakes:
        raise CatalogError(reader.mistakes)
    return Library(**parts)


@cache
def phrase_synonyms() -> tuple[reference.PhraseSynonym, ...]:
    """The shipped phrases that people say for words of official names."""
    return tuple(_shipped("synonyms.yml", reference.Synonyms).phrases)


@cache
def national_columns() -> NationalColumns:
    """Which column of a national table is which field."""
    found: NationalColumns = _shipped("national-columns.yml", NationalColumns)
    return found


@cache
def life_events() -> tuple[reference.LifeEvent, ...]:
    """The shipped life events, in the order of the page."""
    return tuple(_shipped("life-events.yml", list[reference.LifeEvent]))


@cache
def office_calendar() -> tuple[reference.OfficeHours, list[reference.DayOverride]]:
    """Office hours and declared days off or worked."""
    hours = _shipped("calendar/office-hours.yml", reference.OfficeHours)
    return hours, _shipped("calendar/overrides.yml", list[reference.DayOverride])


def _shipped(name: str, kind: Any) -> Any:
    reader = Reader(DATA)
    found = reader.one(name, kind)
    if reader.mistakes:
        raise CatalogError(reader.mistakes)
    return found


class _CatalogReader(Reader):
    def read(self) -> Catalog:
        """The whole catalogue, or `CatalogError`."""
        catalog = Catalog(
            **self.library(),
            versions=list(self._versions()),
            synonyms=self.one("synonyms.yml", reference.Synonyms) or reference.Synonyms(phrases=(), procedures=()),
            names=self.one("names.yml", list[reference.EverydayNames]) or [],
            life_events=self.one("life-events.yml", list[reference.LifeEvent]) or [],
        )
        self.one("national-columns.yml", NationalColumns)
        if not self.mistakes:
            self._check_references(catalog)
        if self.mistakes:
            raise CatalogError(self.mistakes)
        return catalog

    def library(self) -> dict[str, Any]:
        """The parts of a `Library`; what cannot be read is noted and left empty."""
        return {
            "sectors": self.one("sectors.yml", dict[str, str]) or {},
            "agencies": {agency.key: agency for agency in self.one("agencies.yml", list[reference.Agency]) or []},
            "places": self.one("places.yml", list[reference.Place]) or [],
            "former_places": self.one("places-2021.yml", list[reference.FormerPlace]) or [],
            "codes": self.one("agency_codes.yml", reference.AgencyCodes)
            or reference.AgencyCodes(placeholder=True, codes={}),
            **self._forms(),
            "workflows": self.folder("workflows", Workflow),
            "papers": self.one("result-papers.yml", dict[str, str]) or {},
            "defaults": self.one("defaults.yml", Defaults),
        }

    def _forms(self) -> dict[str, Any]:
        blocks = self.one("form-blocks.yml", Blocks) or Blocks(blocks={}, steps={})
        forms: dict[str, Form] = {}
        for key, source in self.folder("forms", FormSource).items():
            form, mistake = mistakes_of(source, blocks)
            if form is not None:
                forms[key] = form
                mistake = "; ".join(form_mistakes(form))
            if mistake:
                self.note(self.root / "forms" / f"{key}.yml", 1, "", mistake)
        composition = self.one("form-composition.yml", Composition)
        for step in composition.steps() if composition else ():
            if step not in blocks.steps:
                self.note(self.root / "form-composition.yml", 1, step, "Không có phần này trong form-blocks.yml.")
        return {"forms": forms, "blocks": blocks, "composition": composition}

    def _versions(self) -> Iterator[ProcedureVersion]:
        for path in self._procedure_files():
            procedure = self.one(str(path.relative_to(self.root)), Procedure)
            effective_on = self._date_of(path)
            if procedure and effective_on:
                yield ProcedureVersion(procedure, effective_on)

    def _procedure_files(self) -> list[Path]:
        return sorted((self.root / "procedures").glob("*/*/*.yml"))

    def _date_of(self, path: Path) -> date | None:
        try:
            return date.fromisoformat(path.stem)
        except ValueError:
            self.note(path, 1, "", "Tên tệp phải là ngày có hiệu lực, ví dụ 2026-01-31.yml.")
            return None

    def _check_references(self, catalog: Catalog) -> None:
        for path, procedure in self._files_of(catalog):
            for mistake in catalog.mistakes_in(procedure):
                self.note_field(path, list(mistake.place), mistake.sentence)
        for agency_key in sorted(catalog.agency_keys - set(catalog.codes.codes)):
            self.note(self.root / "agency_codes.yml", 1, agency_key, "Chưa có mã.")
        self._check_codes(catalog)

    def _check_codes(self, catalog: Catalog) -> None:
        codes = {version.procedure.code for version in catalog.versions}
        for number, names in enumerate(catalog.synonyms.procedures):
            self._check_code("synonyms.yml", ["procedures", number, "code"], names.code, codes)
        for number, names in enumerate(catalog.names):
            self._check_code("names.yml", [number, "code"], names.code, codes)
        for number, event in enumerate(catalog.life_events):
            for position, code in enumerate(event.codes):
                self._check_code("life-events.yml", [number, "codes", position], code, codes)

    def _check_code(self, name: str, place: list[Any], code: str, known: set[str]) -> None:
        if code not in known:
            self.note_field(self.root / name, place, f"Thủ tục {code} không có trong danh mục.")

    def _files_of(self, catalog: Catalog) -> Iterator[tuple[Path, Procedure]]:
        seen: dict[tuple[str, date], Path] = {}
        for path, version in zip(self._procedure_files(), catalog.versions, strict=True):
            key = (version.procedure.code, version.effective_on)
            if key in seen:
                self.note_field(path, ["code"], f"Phiên bản này đã có ở {seen[key].relative_to(self.root)}.")
            seen[key] = path
            yield path, version.procedure
