"""The record of what was changed in administration."""

from __future__ import annotations

from flask import render_template, request

from portal.administration import audit as record
from portal.administration.units import require_unit_keeper
from portal.identity import queries as identity
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db

_MOST = 100


@blueprint.get("/nhat-ky")
@configurator
def audit() -> str:
    """What was changed, the newest first; for who keeps the whole province."""
    require_unit_keeper(actor())
    found = record.entries(db(), subject=request.args.get("loai", ""), before=request.args.get("truoc", type=int),
                           limit=_MOST)  # fmt: skip
    return render_template(
        "admin/audit.html", entries=found, people=identity.names(db(), [e.actor_id or 0 for e in found]), most=_MOST,
        subjects=[(s.value, name) for s, name in record.SUBJECT_NAMES.items()], SUBJECT_NAMES=record.SUBJECT_NAMES,
    )  # fmt: skip
