"""One version: what it changes, whom that touches, and deciding about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import Invalid, Refusal
from portal.cases.impact import impact_on
from portal.identity import queries as identity
from portal.publishing import actions, history
from portal.publishing import queries as publishing
from portal.publishing.models import ProcedureVersionRow
from portal.publishing.permissions import may_approve, may_edit
from portal.publishing.rows import release_in
from portal.publishing.words import ORIGIN_NAMES, VERSION_EVENT_NAMES, VERSION_STATE_NAMES
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.errors import status_of
from portal.web.public.procedures import procedure_page
from portal.web.session import actor, db, writing
from services_catalog.diff import changes
from services_catalog.library import WrongRecord
from services_catalog.loader import library

# What the last part of the address does, and what is said when it is done.
_DECISIONS: dict[str, tuple[Callable[..., ProcedureVersionRow], bool, str]] = {
    "gui-duyet": (actions.propose, False, "Đã gửi duyệt."),
    "tra-lai": (actions.send_back, True, "Đã trả lại để sửa."),
    "duyet": (actions.approve, False, "Đã duyệt."),
    "bo": (actions.discard, False, "Đã bỏ bản nháp."),
    "hoan-tac": (actions.undo, True, "Đã hoàn tác."),
}


@blueprint.get("/phien-ban/<int:version_id>")
@catalog_keeper
def version(version_id: int) -> str:
    """What a version changes."""
    return _page(version_id)


@blueprint.get("/phien-ban/<int:version_id>/xem")
@catalog_keeper
def preview(version_id: int) -> str:
    """A version as people would see it."""
    return procedure_page(publishing.version(db(), history.version_row(db(), version_id).id), is_preview=True)


@blueprint.post("/phien-ban/<int:version_id>/<decision>")
@catalog_keeper
def decide(version_id: int, decision: str) -> Any:
    """Propose, send back, approve, discard or undo."""
    if decision not in _DECISIONS:
        abort(404)
    act, asks_why, done = _DECISIONS[decision]
    reason = (request.form.get("reason", ""),) if asks_why else ()
    try:
        with writing() as session:
            act(session, version_id, *reason, by=actor(), now=now(), revision=request.form.get("revision", type=int))
    except WrongRecord as wrong:
        return _page(version_id, refusal=str(wrong)), 422
    except Invalid as invalid:
        return _page(version_id, tried=decision, error=invalid.errors["reason"]), 422
    except Refusal as refusal:
        return _page(version_id, refusal=refusal.message), status_of(refusal)
    flash(done)
    return redirect(url_for("catalog.version", version_id=version_id))


def _page(version_id: int, *, refusal: str = "", tried: str = "", error: str = "") -> str:
    session = db()
    session.expire_all()
    row = history.version_row(session, version_id)
    base = history.compared_with(session, row)
    events = history.events_of(session, version_id)
    impact = impact_on(session, [row.procedure_code], version_id if row.state == "published" else None)
    agencies = row.document["agencies"]
    return render_template(
        "catalog/version.html", row=row, release=release_in(row), base=base, events=events, impact=impact,
        changes=changes(release_in(base) if base else None, release_in(row), library()),
        people=identity.names(session, [e.actor_id or 0 for e in events]),
        STATES=VERSION_STATE_NAMES, ORIGINS=ORIGIN_NAMES, EVENTS=VERSION_EVENT_NAMES,
        may_edit=may_edit(actor(), agencies), may_approve=may_approve(actor(), agencies),
        is_own=actor().account_id in {row.edited_by, *(e.actor_id for e in events if e.event in ("opened", "saved"))},
        base_moved=base is not None and row.based_on not in (None, base.id) and row.state in ("draft", "proposed"),
        waiting=history.approved_ahead(session, row),
        today=local_day(now()), refusal=refusal, tried=tried, error=error, reason=request.form.get("reason", ""),
    )  # fmt: skip
