"""What procedures refer to: sectors, agencies, forms, shared processes, result papers, defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError

from services_catalog.blocks import Blocks
from services_catalog.composition import Composition
from services_catalog.defaults import Defaults
from services_catalog.form import Form
from services_catalog.form_check import form_mistakes
from services_catalog.mistakes import FieldMistake, field_mistakes
from services_catalog.model import COMPOSED, Procedure
from services_catalog.reference import AGENCY_GROUPS, Agency, AgencyCodes, FormerPlace, Place
from services_catalog.terms import Channel
from services_catalog.workflow import FACTS, PARENT_AGENCY, Workflow, spread

_GROUP_NAMES = frozenset(group.name for group in AGENCY_GROUPS)


@dataclass(frozen=True)
class Release:
    """A procedure with the form and the process it runs with, as a case is pinned to it."""

    procedure: Procedure
    form: Form
    workflow: Workflow

    @property
    def digest(self) -> str:
        """Equal for equal content, however it came in."""
        content = [as_document(part) for part in (self.procedure, self.form, self.workflow)]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class WrongRecord(Exception):
    """A document that is not a procedure; `mistakes` has every mistake."""

    def __init__(self, mistakes: list[FieldMistake]):
        self.mistakes = mistakes
        super().__init__(" ".join(mistake.sentence for mistake in mistakes))


@dataclass(frozen=True)
class Library:
    """Checks procedures against what exists, and completes them."""

    sectors: Mapping[str, str]
    agencies: Mapping[str, Agency]
    places: list[Place]
    former_places: list[FormerPlace]
    codes: AgencyCodes
    forms: Mapping[str, Form]
    blocks: Blocks
    composition: Composition
    workflows: Mapping[str, Workflow]
    papers: Mapping[str, str]
    defaults: Defaults

    def agency_name(self, ref: str) -> str:
        """The name of an agency, or of a group such as "@communes"."""
        return self.agency_names.get(ref, ref)

    @property
    def form_titles(self) -> dict[str, str]:
        """What a procedure may name as its form, with what an editor reads."""
        return {COMPOSED: "Ghép theo lĩnh vực và đối tượng"} | {key: form.title for key, form in self.forms.items()}

    @cached_property
    def agency_names(self) -> dict[str, str]:
        """Names by key: groups first, then agencies of the province, then the members of the groups."""
        names = {group.name: f"{group.title} xã, phường" for group in AGENCY_GROUPS}
        names |= {key: agency.name for key, agency in self.agencies.items()}
        for group in AGENCY_GROUPS:
            for place in self.places:
                names[f"{group.prefix}-{place.code}"] = f"{group.title} {place.name[:1].lower()}{place.name[1:]}"
        return names

    @cached_property
    def stage_agencies(self) -> dict[str, str]:
        """Names of those who may hold a stage in place of the agency of the case."""
        one = {key: name for key, name in self.agency_names.items() if key not in _GROUP_NAMES}
        return {PARENT_AGENCY: "Cơ quan cấp trên trực tiếp", **one}

    @property
    def agency_keys(self) -> set[str]:
        """Every agency, with the members of the groups."""
        members = {f"{group.prefix}-{place.code}" for group in AGENCY_GROUPS for place in self.places}
        return set(self.agencies) | members

    def mistakes_in(self, procedure: Procedure) -> list[FieldMistake]:
        """References to what does not exist."""
        return list(self._mistakes(procedure))

    def check(self, document: Mapping[str, Any]) -> Procedure:
        """The document as a procedure. Raises `WrongRecord` with everything that is wrong."""
        try:
            procedure = Procedure.model_validate(document)
        except ValidationError as error:
            raise WrongRecord(field_mistakes(error)) from error
        if mistakes := self.mistakes_in(procedure):
            raise WrongRecord(mistakes)
        return procedure

    def _mistakes(self, procedure: Procedure) -> Iterator[FieldMistake]:
        for name, value, allowed in (
            ("sector", procedure.sector, self.sectors),
            ("form", procedure.form, {*self.forms, COMPOSED}),
            ("workflow", procedure.workflow, self.workflows),
            ("result_paper", procedure.result_paper, self.papers),
        ):
            if value not in allowed:
                yield FieldMistake((name,), f"Không có “{value}”.")
        known = self.agency_keys | _GROUP_NAMES
        for position, agency in enumerate(procedure.agencies):
            if agency not in known:
                yield FieldMistake(("agencies", position), f"Không có cơ quan “{agency}”.")
        for agency in procedure.levels:
            if agency not in known:
                yield FieldMistake(("levels", agency), f"Không có cơ quan “{agency}”.")
        if procedure.own_form is not None:
            yield from (FieldMistake(("own_form",), sentence) for sentence in form_mistakes(procedure.own_form))
        yield from self._stage_mistakes(procedure)

    def _stage_mistakes(self, procedure: Procedure) -> Iterator[FieldMistake]:
        form = self.form_of(procedure)
        facts = FACTS | {field.name for field in form.questions()} if form else FACTS
        for position, stage in enumerate(procedure.stages):
            if stage.agency not in (None, PARENT_AGENCY, *self.agency_keys):
                yield FieldMistake(("stages", position, "agency"), f"Không có cơ quan “{stage.agency}”.")
            if form and stage.asks_for not in (None, *facts):
                sentence = f"Tờ khai không hỏi “{stage.asks_for}”."
                yield FieldMistake(("stages", position, "when"), sentence)

    def release(self, procedure: Procedure) -> Release:
        """The procedure ready to run. Raises `KeyError` where `mistakes_in` finds something."""
        form = self.form_of(procedure)
        if form is None:
            raise KeyError(procedure.form)
        return Release(procedure, form, self.workflow_of(procedure))

    def form_of(self, procedure: Procedure) -> Form | None:
        """Its own form, or one put together for it; None where it names a form that does not exist."""
        if procedure.own_form is not None:
            return procedure.own_form
        if procedure.form == COMPOSED:
            return self.composition.form(procedure, self.blocks)
        return self.forms.get(procedure.form)

    def workflow_of(self, procedure: Procedure) -> Workflow:
        """Its own stages, or the shared process with the procedure's time divided over the stages.

        Where the source has no time limit the default time is planned with and promised, marked as a sample.
        """
        shared = self.workflows[procedure.workflow]
        if procedure.stages:
            return Workflow(
                title=procedure.short_name, promised_hours=procedure.promised_hours, stages=procedure.stages
            )
        promised = procedure.promised_hours or shared.promised_hours
        limit = procedure.time_limit_for(Channel.ONLINE)
        if promised is None and limit is None:
            promised = self.defaults.hours_for(procedure)
        total = promised or (limit.working_hours if limit else None)
        filled = shared if total in (None, shared.total_hours) else spread(shared, total or 0)
        return Workflow.model_validate({**filled.model_dump(), "promised_hours": promised})


def as_document(record: BaseModel) -> dict[str, Any]:
    """A record as JSON-ready data without empty values: what the database keeps."""
    return record.model_dump(mode="json", exclude_defaults=True)
