"""Filling in: a page a step, saved while one types → fee → reading everything once more → sending."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import drafts, intake, paying
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.citizen.blueprints import drafts as blueprint
from portal.web.citizen.opened import Opened, open_draft
from portal.web.forms.builder import PageForm, form_for, posted_texts
from portal.web.security import limiter
from portal.web.session import actor, db, storage, writing
from services_catalog import words
from services_catalog.answers import check_step
from services_catalog.computed import computed
from services_catalog.fees import assess, exemptions
from services_catalog.fees import groups as fee_groups
from services_catalog.fields import KINDS, Rows, show_answer
from services_catalog.form import FormStep
from services_catalog.loader import library
from services_catalog.terms import Channel

ROW_COMMAND = re.compile(r"(?P<what>add|remove):(?P<table>[a-z0-9_]+)(:(?P<number>\d{1,3}))?")


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/to-khai/<key>")
@signed_in
def step(draft_id: uuid.UUID, key: str) -> str:
    """One step of the form."""
    opened = open_draft(draft_id)
    return _step_page(opened, opened.step(key), form_for(opened.step(key), opened.draft.typed, as_sent=False))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/to-khai/<key>")
@signed_in
def save_step(draft_id: uuid.UUID, key: str) -> Any:
    """Save one step and go on. What is wrong comes back with what was typed, which is kept as it is."""
    opened = open_draft(draft_id)
    current = opened.step(key)
    if command := ROW_COMMAND.fullmatch(request.form.get("do", "")):
        _keep(draft_id, current)
        anchor = change_rows(draft_id, current, command)
        return redirect(url_for("drafts.step", draft_id=draft_id, key=current.key, _anchor=anchor))
    kept = _keep(draft_id, current)
    opened = open_draft(draft_id)
    current = opened.step(key)
    web_form = form_for(current, opened.draft.typed)
    _, errors = check_step(current, opened.draft.typed, local_day(now()), opened.checked.values)
    newer = {
        name: f"Nơi khác vừa sửa mục này thành “{text}”. Muốn dùng nội dung bạn gõ thì bấm Lưu lần nữa."
        for name, text in kept.newer.items()
    }
    if errors or newer:
        web_form.put_errors({**errors, **newer})
        return _step_page(opened, current, web_form), 422
    return redirect(_next_page(opened, key))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/luu")
@signed_in
@limiter.limit("3000 per hour", key_func=lambda: str(actor().account_id))
def autosave(draft_id: uuid.UUID) -> Any:
    """Keep what was typed so far: {"base": revision, "texts": {input: text}}, with what changed elsewhere in answer."""
    sent = request.get_json(silent=True)
    texts = sent.get("texts") if isinstance(sent, dict) else None
    base = sent.get("base") if isinstance(sent, dict) else None
    if not isinstance(texts, dict) or not isinstance(base, int) or not all(isinstance(t, str) for t in texts.values()):
        raise Invalid({"texts": "Không đọc được nội dung cần lưu."})
    open_draft(draft_id)
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        form = publishing.version(session, draft.version_id).form
        kept = drafts.keep(draft, form, texts, base, now())
        values = drafts.checked(draft, form, now()).values
    shown = {q.name: computed(q.compute, values) or "" for q in form.questions() if q.compute}
    return jsonify(revision=kept.revision, newer=kept.newer, elsewhere=kept.elsewhere, computed=shown)


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/le-phi")
@signed_in
def fee(draft_id: uuid.UUID) -> str:
    """What it costs, and when it is to be paid."""
    return _fee_page(open_draft(draft_id))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/le-phi")
@signed_in
def save_fee(draft_id: uuid.UUID) -> Any:
    """Keep which case it is and who pays less; what does not fit is left open, an officer decides anyway."""
    opened = open_draft(draft_id)
    fees, channel = opened.published.procedure.fees, _channel(opened)
    places = {place for group in fee_groups(fees, local_day(now()), channel) for place, _ in group}
    chosen = sorted({int(text) for text in request.form.values() if text.isdecimal() and int(text[:6]) in places})
    known = {one.who for one in exemptions(fees, local_day(now()), channel)}
    who = request.form.get("who", "")
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        draft.fee_claim = {"fees": chosen, "who": who if who in known else ""}
    if request.form.get("do") == "count":
        return redirect(url_for("drafts.fee", draft_id=draft_id))
    return redirect(url_for("drafts.review", draft_id=draft_id))


def _channel(opened: Opened) -> Channel:
    return Channel.DESK if opened.draft.is_assisted else Channel.ONLINE


def _fee_page(opened: Opened) -> str:
    fees, day, channel = opened.published.procedure.fees, local_day(now()), _channel(opened)
    claim = paying.claim_of(opened.draft.fee_claim)
    return render_template(
        "citizen/fee.html", o=opened, here="fee", groups=fee_groups(fees, day, channel), claim=claim, words=words,
        exemptions=exemptions(fees, day, channel), lines=assess(fees, claim, day, channel) if fees else None,
        defaults=library().defaults,
    )  # fmt: skip


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/xem-lai")
@signed_in
def review(draft_id: uuid.UUID) -> str:
    """Everything once more before it is sent."""
    return _review_page(open_draft(draft_id))


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/gui")
@signed_in
def submit(draft_id: uuid.UUID) -> Any:
    """Send it. A second click leads to the same case."""
    if not request.form.get("declared"):
        drafts.draft_for(db(), actor(), draft_id)
        return _review_page(open_draft(draft_id), declared_error="Hãy đánh dấu vào ô cam đoan rồi gửi."), 422
    try:
        with writing() as session:
            case = intake.submit(session, storage(), draft_id, by=actor(), now=now())
    except NotFound:
        raise
    except drafts.Outdated:
        return redirect(url_for("drafts.review", draft_id=draft_id))
    except Refusal as refusal:
        return _review_page(open_draft(draft_id), error=refusal.message), 409
    flash("Đã gửi hồ sơ. Hãy lưu lại mã hồ sơ và mã tra cứu bên dưới.")
    return redirect(url_for("cases.show", reference=case.reference))


def _keep(draft_id: uuid.UUID, current: FormStep) -> drafts.Kept:
    """Keep what the page says, as it was typed."""
    base = request.form.get("revision", type=int)
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        texts = drafts.texts_of(current, posted_texts(), draft.typed)
        form = publishing.version(session, draft.version_id).form
        return drafts.keep(draft, form, texts, draft.revision if base is None else base, now())


def change_rows(draft_id: uuid.UUID, current: FormStep, command: re.Match[str]) -> str:
    """Add a row to a table of the page, or take one out; nothing is checked and nothing is lost.

    Gives the place to go to. What stands on the page is kept by the caller, before.
    """
    what, table, number = command["what"], command["table"], int(command["number"] or -1)
    question = next((field for field in current.fields if field.name == table and field.kind == "rows"), None)
    rows = KINDS["rows"]
    if question is None or not isinstance(rows, Rows):
        raise NotFound("Không có bảng này.")
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        changed = rows.change(question, draft.typed, what, number)
        own = {name: text for name, text in changed.items() if name.startswith(f"{table}__")}
        drafts.put(draft, own, now(), without=(table,))
    last = rows.count(question, changed) - 1
    return f"{table}-{last if what == 'add' else max(0, min(number, last))}"


def _next_page(opened: Opened, key: str) -> str:
    """Where saving a step leads; in a supplement back to what was asked for."""
    draft_id = opened.draft.id
    if opened.draft.case_id is not None:
        return url_for("drafts.back_to_case", draft_id=draft_id)
    following = opened.after(key)
    if following:
        return url_for("drafts.step", draft_id=draft_id, key=following)
    return url_for("drafts.papers", draft_id=draft_id)


def _step_page(opened: Opened, current: FormStep, web_form: PageForm) -> str:
    return render_template("citizen/step.html", o=opened, step=current, web_form=web_form, here=current.key,
                           typed={**opened.draft.typed, **web_form.texts()}, values=opened.checked.values,
                           changes=drafts.changes_of_form(db(), opened.draft, now()))  # fmt: skip


def _review_page(opened: Opened, *, error: str | None = None, declared_error: str | None = None) -> str:
    incomplete = next((step for step in opened.steps if step.key in opened.checked.errors), None)
    return render_template(
        "citizen/review.html", o=opened, here="review", show=show_answer, error=error, declared_error=declared_error,
        incomplete=incomplete, agency=db().get_one(Agency, opened.draft.agency_key),
        changes=drafts.changes_of_form(db(), opened.draft, now()),
    )  # fmt: skip
