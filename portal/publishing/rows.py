"""Versions between their rows and the records they hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from portal.publishing.models import Origin, ProcedureVersionRow, VersionState
from services_catalog.form import Form
from services_catalog.library import Release, as_document
from services_catalog.model import Procedure
from services_catalog.workflow import Workflow


def version_row(
    release: Release, effective_on: date, state: VersionState, origin: Origin, now: datetime
) -> dict[str, Any]:
    """The columns of a new version, edited by nobody."""
    return {
        "procedure_code": release.procedure.code,
        "effective_on": effective_on,
        "state": state,
        "origin": origin,
        "created_at": now,
        "ends_procedure": False,
        "note": "",
        "revision": 1,
        **content_of(release),
    }


def content_of(release: Release) -> dict[str, Any]:
    """The columns that hold what the version says."""
    return {
        "digest": release.digest,
        "document": as_document(release.procedure),
        "form": as_document(release.form),
        "workflow": as_document(release.workflow),
    }


def release_in(row: ProcedureVersionRow) -> Release:
    """What the version says."""
    return Release(
        Procedure.model_validate(row.document), Form.model_validate(row.form), Workflow.model_validate(row.workflow)
    )
