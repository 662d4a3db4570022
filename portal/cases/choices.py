"""What a person may choose from where that depends on the case: officers, agencies, stages, procedures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.cases import assignment
from portal.cases.details import DETAILS
from portal.cases.lifecycle import OPINION_ROLES, Action
from portal.cases.move import Move, earlier
from portal.cases.permissions import current_stage, petitions_of
from portal.cases.words import ACTION_NAMES
from portal.identity import queries as identity
from portal.publishing import queries as publishing
from services_catalog.answers import questions_that_apply
from services_catalog.slots import slots_of

Options = Mapping[str, str]


def choices_of(move: Move, action: Action) -> dict[str, Options]:
    """The options of each detail of `action` that has choices: value and what a person reads, by the detail's name."""
    return {d.name: _CHOICES[d.choices](move) for d in DETAILS.get(action, ()) if d.choices}


def _officers(move: Move) -> Options:
    case, stage = move.case, current_stage(move.case, move.workflow)
    if stage is None or case.stage_agency_key is None:
        return {}
    people = assignment.candidates(move.session, case, case.stage_agency_key, stage, move.now)
    names = identity.names(move.session, people)
    return {str(account_id): names[account_id] for account_id in people if account_id != case.assignee_id}


def _agencies(move: Move) -> Options:
    closed = {move.case.stage_agency_key, *move.case.asked_keys}
    return {key: name for key, name in _active(move.session).items() if key not in closed}


def _other_agencies(move: Move) -> Options:
    return {key: name for key, name in _active(move.session).items() if key != move.case.agency_key}


def _asked(move: Move) -> Options:
    names = _active(move.session)
    return {key: names.get(key, key) for key in move.case.asked_keys}


def _asked_here(move: Move) -> Options:
    mine = move.by
    return {key: name for key, name in _asked(move).items() if any(mine.has(role, key) for role in OPINION_ROLES)}


def _earlier_stages(move: Move) -> Options:
    return {stage.key: stage.label for stage in earlier(move.case, move.workflow)}


def _questions(move: Move) -> Options:
    form = publishing.version(move.session, move.case.version_id).form
    asked = {field.name for field in questions_that_apply(form, move.case.answers)}
    shown = ((step, field) for step in form.steps for field in step.fields if field.name in asked)
    kinds = ("file", "computed")
    return {field.name: f"{step.title}: {field.label}" for step, field in shown if field.kind not in kinds}


def _papers(move: Move) -> Options:
    published = publishing.version(move.session, move.case.version_id)
    slots = slots_of(published.procedure, published.form, move.case.answers)
    return {str(slot.number): slot.name for slot in slots}


def _petitions(move: Move) -> Options:
    return {action.value: ACTION_NAMES[action] for action in petitions_of(move.case, move.workflow)}


def _active(session: Session) -> dict[str, str]:
    query = select(Agency.key, Agency.name).where(Agency.is_active).order_by(Agency.kind, Agency.name)
    return {row.key: row.name for row in session.execute(query)}


_CHOICES: dict[str, Callable[[Move], Options]] = {
    "officers": _officers,
    "agencies": _agencies,
    "other_agencies": _other_agencies,
    "asked": _asked,
    "asked_here": _asked_here,
    "earlier_stages": _earlier_stages,
    "questions": _questions,
    "papers": _papers,
    "petitions": _petitions,
}
