"""Reads `data/` into a `Catalog`: everything or nothing, each mistake with file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from services_catalog import model, reference
from services_catalog.fields import KINDS

DATA = Path(__file__).parent / "data"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_T = TypeVar("_T")

_GROUP_NAMES = frozenset(group.name for group in reference.AGENCY_GROUPS)


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in the data, at a place an editor can open."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class CatalogError(Exception):
    """The data has mistakes; `mistakes` lists them all."""

    def __init__(self, mistakes: list[Mistake]):
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


@dataclass(frozen=True)
class ProcedureVersion:
    """A procedure as it stands from `effective_on`, with the digest of its file."""

    procedure: model.Procedure
    effective_on: date
    digest: str


@dataclass(frozen=True)
class Catalog:
    """All of the shipped data, checked."""

    versions: list[ProcedureVersion]
    sectors: dict[str, str]
    agencies: dict[str, reference.Agency]
    places: list[reference.Place]
    former_places: list[reference.FormerPlace]
    codes: reference.AgencyCodes
    synonyms: reference.Synonyms
    life_events: list[reference.LifeEvent]
    forms: dict[str, model.Form]
    workflows: dict[str, model.Workflow]

    @property
    def procedures(self) -> dict[str, model.Procedure]:
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
    return _Reader(root).read()


@cache
def forms() -> dict[str, model.Form]:
    """The shipped e-forms by key."""
    return _Reader(DATA).folder("forms", model.Form)


@cache
def workflows() -> dict[str, model.Workflow]:
    """The shipped internal processes by key."""
    return _Reader(DATA).folder("workflows", model.Workflow)


@cache
def phrase_synonyms() -> tuple[reference.PhraseSynonym, ...]:
    """The shipped phrases that people say for words of official names."""
    reader = _Reader(DATA)
    synonyms = reader.one("synonyms.yml", reference.Synonyms)
    if synonyms is None:
        raise CatalogError(reader.mistakes)
    return tuple(synonyms.phrases)


@cache
def life_events() -> tuple[reference.LifeEvent, ...]:
    """The shipped life events, in the order of the page."""
    reader = _Reader(DATA)
    events = reader.one("life-events.yml", list[reference.LifeEvent])
    if events is None:
        raise CatalogError(reader.mistakes)
    return tuple(events)


@cache
def office_calendar() -> tuple[reference.OfficeHours, list[reference.DayOverride]]:
    """Office hours and declared days off or worked."""
    reader = _Reader(DATA)
    hours = reader.one("calendar/office-hours.yml", reference.OfficeHours)
    days = reader.one("calendar/overrides.yml", list[reference.DayOverride])
    if hours is None or days is None:
        raise CatalogError(reader.mistakes)
    return hours, days


@dataclass
class _Reader:
    root: Path
    mistakes: list[Mistake] = field(default_factory=list)

    def read(self) -> Catalog:
        """The whole catalogue, or `CatalogError`."""
        catalog = Catalog(
            versions=list(self._versions()),
            sectors=self.one("sectors.yml", dict[str, str]) or {},
            agencies=self._agencies(),
            places=self.one("places.yml", list[reference.Place]) or [],
            former_places=self.one("places-2021.yml", list[reference.FormerPlace]) or [],
            codes=self.one("agency_codes.yml", reference.AgencyCodes)
            or reference.AgencyCodes(placeholder=True, codes={}),
            synonyms=self.one("synonyms.yml", reference.Synonyms) or reference.Synonyms(phrases=(), procedures=()),
            life_events=self.one("life-events.yml", list[reference.LifeEvent]) or [],
            forms=self.folder("forms", model.Form),
            workflows=self.folder("workflows", model.Workflow),
        )
        if not self.mistakes:
            self._check_references(catalog)
        if self.mistakes:
            raise CatalogError(self.mistakes)
        return catalog

    def one(self, name: str, kind: Any) -> Any:
        """The file `name` as a value of type `kind`, or None with the mistakes noted."""
        path = self.root / name
        try:
            data = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a safe loader
            return TypeAdapter(kind).validate_python(data)
        except OSError as error:
            self._note(path, 1, "", f"cannot be read: {error.strerror}")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._note(path, mark.line + 1 if mark else 1, "", f"is not YAML: {getattr(error, 'problem', error)}")
        except ValidationError as error:
            root = yaml.compose(path.read_text("utf-8"), _Loader)
            for detail in error.errors():
                place = [part for part in detail["loc"] if part != "function-after"]
                self._note(path, _line_of(root, place), ".".join(map(str, place)), detail["msg"])
        return None

    def folder(self, name: str, kind: type[_T]) -> dict[str, _T]:
        """The files of a folder by name, without those that have mistakes."""
        paths = sorted((self.root / name).glob("*.yml"))
        read = {path.stem: self.one(f"{name}/{path.name}", kind) for path in paths}
        return {key: value for key, value in read.items() if value is not None}

    def _versions(self) -> Iterator[ProcedureVersion]:
        for path in sorted((self.root / "procedures").glob("*/*/*.yml")):
            procedure = self.one(str(path.relative_to(self.root)), model.Procedure)
            effective_on = self._date_of(path)
            if procedure and effective_on:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                yield ProcedureVersion(procedure, effective_on, digest)

    def _date_of(self, path: Path) -> date | None:
        try:
            return date.fromisoformat(path.stem)
        except ValueError:
            self._note(path, 1, "", "the file name must be the day the version takes effect: 2026-01-31.yml")
            return None

    def _agencies(self) -> dict[str, reference.Agency]:
        listed = self.one("agencies.yml", list[reference.Agency]) or []
        return {agency.key: agency for agency in listed}

    def _check_references(self, catalog: Catalog) -> None:
        known = set(catalog.agencies) | {
            f"{group.prefix}-{place.code}" for group in reference.AGENCY_GROUPS for place in catalog.places
        }
        for path, procedure in self._files_of(catalog):
            self._check_procedure(path, procedure, catalog, known)
        for key, form in catalog.forms.items():
            self._check_kinds(key, form)
        for agency_key in sorted(known - set(catalog.codes.codes)):
            self._note(self.root / "agency_codes.yml", 1, agency_key, "has no code")
        codes = {version.procedure.code for version in catalog.versions}
        for number, names in enumerate(catalog.synonyms.procedures):
            self._check_code("synonyms.yml", ["procedures", number], names.code, codes)
        for number, event in enumerate(catalog.life_events):
            for code in event.codes:
                self._check_code("life-events.yml", [number], code, codes)

    def _check_code(self, name: str, place: list[Any], code: str, known: set[str]) -> None:
        if code not in known:
            path = self.root / name
            line = _line_of(yaml.compose(path.read_text("utf-8"), _Loader), place)
            self._note(path, line, code, "is not in the catalogue")

    def _check_procedure(self, path: Path, procedure: model.Procedure, catalog: Catalog, known: set[str]) -> None:
        for name, value, allowed in (
            ("sector", procedure.sector, catalog.sectors),
            ("form", procedure.form, catalog.forms),
            ("workflow", procedure.workflow, catalog.workflows),
        ):
            if value not in allowed:
                self._note_field(path, name, f"'{value}' does not exist")
        for agency in procedure.agencies:
            if agency not in _GROUP_NAMES and agency not in known:
                self._note_field(path, "agencies", f"'{agency}' does not exist")

    def _check_kinds(self, key: str, form: model.Form) -> None:
        for question in (question for step in form.steps for question in step.fields):
            if question.kind not in KINDS:
                path = self.root / "forms" / f"{key}.yml"
                self._note(path, 1, question.name, f"kind '{question.kind}' does not exist")

    def _files_of(self, catalog: Catalog) -> Iterator[tuple[Path, model.Procedure]]:
        seen: dict[tuple[str, date], Path] = {}
        paths = sorted((self.root / "procedures").glob("*/*/*.yml"))
        for path, version in zip(paths, catalog.versions, strict=True):
            key = (version.procedure.code, version.effective_on)
            if key in seen:
                self._note_field(path, "code", f"the same version is in {seen[key].relative_to(self.root)}")
            seen[key] = path
            yield path, version.procedure

    def _note_field(self, path: Path, name: str, message: str) -> None:
        root = yaml.compose(path.read_text("utf-8"), _Loader)
        self._note(path, _line_of(root, [name]), name, message)

    def _note(self, path: Path, line: int, name: str, message: str) -> None:
        self.mistakes.append(Mistake(str(path.relative_to(self.root)), line, name or "-", message))


def _line_of(node: Any, place: list[Any]) -> int:
    """The line (from 1) of the deepest node of `place` that exists."""
    for part in place:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return node.start_mark.line + 1 if node is not None else 1


def _child(node: Any, part: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None


def as_document(record: BaseModel) -> dict[str, Any]:
    """A record as JSON-ready data without empty values: what the database keeps."""
    return record.model_dump(mode="json", exclude_defaults=True)
