"""A draft as the pages of applying need it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from portal.base.clock import now
from portal.base.errors import NotFound
from portal.cases import drafts
from portal.cases.models import Draft
from portal.documents import uploads
from portal.documents.models import Document
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.session import actor, db, writing
from services_catalog.answers import Checked, steps_that_apply
from services_catalog.conditions import condition, holds
from services_catalog.form import FormField, FormStep
from services_catalog.slots import Slot, missing, slots_of


@dataclass(frozen=True)
class Opened:
    """A draft with its version, and what the check says of it."""

    draft: Draft
    published: Published
    checked: Checked

    @cached_property
    def steps(self) -> list[FormStep]:
        """The steps that the person goes through."""
        return steps_that_apply(self.published.form, self.checked.values)

    @cached_property
    def slots(self) -> list[Slot]:
        """The places for files."""
        return slots_of(self.published.procedure, self.published.form, self.checked.values)

    @cached_property
    def files(self) -> list[Document]:
        """The files of the draft."""
        return uploads.of_draft(db(), self.draft.id)

    @cached_property
    def missing_papers(self) -> list[Slot]:
        """The papers that must be handed in and are not there."""
        return missing(self.slots, {file.slot for file in self.files})

    def step(self, key: str) -> FormStep:
        """The step with the questions that may apply. Raises `NotFound`.

        A question that hangs on another one of the same page stays: the page itself shows or hides it.
        """
        found = next((step for step in self.published.form.steps if step.key == key), None)
        if found is None:
            raise NotFound("Không có phần này trong tờ khai.")
        here = {field.name for field in found.fields}
        fields = tuple(field for field in found.fields if self._may_apply(field, here))
        return found.model_copy(update={"fields": fields})

    def before(self, key: str) -> str | None:
        """The key of the step before this one."""
        keys = [step.key for step in self.steps]
        return keys[keys.index(key) - 1] if key in keys and keys.index(key) else None

    def after(self, key: str) -> str | None:
        """The key of the step after this one, None after the last."""
        keys = [step.key for step in self.steps]
        at = keys.index(key) + 1 if key in keys else len(keys)
        return keys[at] if at < len(keys) else None

    def _may_apply(self, field: FormField, here: set[str]) -> bool:
        return field.when is None or condition(field.when).field in here or holds(field.when, self.checked.values)


def open_draft(draft_id: uuid.UUID) -> Opened:
    """The actor's draft with the version in force, to which it is moved first if the procedure has changed."""
    draft = drafts.draft_for(db(), actor(), draft_id)
    if drafts.is_outdated(db(), draft):
        with writing() as session:
            draft = drafts.draft_for(session, actor(), draft_id, lock=True)
            drafts.move_to_published(session, draft, now())
    published = publishing.version(db(), draft.version_id)
    return Opened(draft, published, drafts.checked(draft, published.form, now()))
