"""The operator's log of messages: search, one with its tries, sending again, figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import now
from portal.base.errors import Invalid
from portal.cases.models import Case
from portal.cases.references import mentioned
from portal.notifications import log
from portal.notifications.models import MessageState
from portal.web.access import operator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db, settings, writing
from services_catalog.phones import phone_of

_MOST = 50


@blueprint.get("/tin-nhan")
@operator
def messages() -> str:
    """The newest messages, and how the channels do."""
    return _list({})


@blueprint.post("/tin-nhan/tim")
@operator
def find_messages() -> str:
    """Messages of a case, to a number or an address. What is said of people stays out of addresses."""
    typed = request.form.get("text", "").strip()
    if reference := mentioned(typed):
        return _list({"case_id": db().scalar(select(Case.id).where(Case.reference == reference)) or 0})
    return _list({"address": phone_of(typed) or typed or "-"})


@blueprint.get("/tin-nhan/<int:message_id>")
@operator
def message(message_id: int) -> str:
    """One message: when, by which way, every try."""
    return _one(message_id, {})


@blueprint.post("/tin-nhan/<int:message_id>/gui-lai")
@operator
def send_message_again(message_id: int) -> Any:
    """Send it once more, with a reason."""
    try:
        with writing() as session:
            again = log.send_again(session, message_id, request.form.get("reason", ""), by=actor(), now=now())
            audit.record(session, actor(), Subject.MESSAGE, str(message_id), "Gửi lại tin", now())
    except Invalid as invalid:
        return _one(message_id, invalid.errors), 422
    flash("Đã đưa vào hàng gửi lại.")
    return redirect(url_for("admin.message", message_id=again.id))


def _list(found_by: dict[str, Any]) -> str:
    channel, state = request.args.get("kenh", ""), request.args.get("trang-thai", "")
    channel, state = channel if channel in log.CHANNEL_WORDS else "", state if state in set(MessageState) else ""
    before = request.args.get("truoc", type=int)
    rows = log.messages(db(), channel=channel, state=state, **found_by, before=before, limit=_MOST)
    return render_template(
        "admin/messages.html", rows=rows, channel=channel, state=state, is_search=bool(found_by), most=_MOST, log=log,
        figures=log.figures(db(), now() - timedelta(days=1)), ages=log.lane_ages(db(), now()),
        alarms=log.alarms(db(), now()),
        consents=log.consents(db()), health=log.health(db()), references=_references([row.case_id for row in rows]),
        now=now(), gateways=settings().gateways,
    )  # fmt: skip


def _one(message_id: int, errors: dict[str, str]) -> str:
    found = log.message(db(), message_id)
    return render_template(
        "admin/message.html", m=found, tries=log.tries_of(db(), message_id), log=log, errors=errors,
        references=_references([found.case_id]), typed=request.form,
    )  # fmt: skip


def _references(case_ids: list[int | None]) -> dict[int, str]:
    query = select(Case.id, Case.reference).where(Case.id.in_([case_id for case_id in case_ids if case_id]))
    return dict(db().execute(query).all())
