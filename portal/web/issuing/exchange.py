"""Papers to and from other agencies."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.documents.signatures import signatures_of
from portal.exchange import actions, queries
from portal.exchange.edxml import STATUS_NAMES
from portal.exchange.models import ExchangedPaper
from portal.issuing import register
from portal.issuing.words import kind_names
from portal.web.access import staff
from portal.web.files import download_response
from portal.web.issuing.blueprint import blueprint
from portal.web.issuing.registers import page_of
from portal.web.session import actor, db, settings, storage, writing

_PDF = "application/pdf"


@blueprint.post("/van-ban-di/<int:paper_id>/gui")
@staff
def send_paper(paper_id: int) -> Any:
    """Send a paper to an agency elsewhere."""
    found = register.of_register(db(), actor(), paper_id)
    typed = request.form
    words = actions.Words(kind_names().get(found.paper, "Văn bản"), _notation(found.paper))
    try:
        with writing() as session:
            sent = actions.send(session, actor(), paper_id, typed.get("organ_id", ""), typed.get("organ_name", ""),
                                words, now())  # fmt: skip
            audit.record(session, actor(), Subject.PAPER, found.code, "Gửi cơ quan khác", now(), to=sent.organ_id)
    except Invalid as invalid:
        return page_of(register.of_register(db(), actor(), paper_id), typed, invalid.errors), 422
    except Refusal as refusal:
        if refusal.code in ("not_found", "forbidden"):
            raise
        return page_of(register.of_register(db(), actor(), paper_id), typed, {"organ_id": refusal.message}), 409
    flash("Văn bản đang được gửi qua trục liên thông.")
    return redirect(url_for("issuing.paper", paper_id=paper_id))


@blueprint.get("/van-ban-den")
@staff
def incoming() -> str:
    """The register of papers that have come."""
    keys = queries.exchange_agencies(actor())
    if not keys:
        raise NotFound("Trang này dành cho văn thư.")
    names = dict(db().execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all())
    key = request.args.get("co-quan") or next((one for one in keys if queries.incoming(db(), one, limit=1)), keys[0])
    if key not in names:
        raise NotFound("Không tìm thấy cơ quan này.")
    return render_template("issuing/incoming.html", rows=queries.incoming(db(), key), agency_key=key, agencies=names,
                           STATUS_NAMES=STATUS_NAMES)  # fmt: skip


@blueprint.get("/van-ban-den/<int:exchanged_id>")
@staff
def incoming_paper(exchanged_id: int) -> str:
    """One paper that has come."""
    return _page(queries.of_register(db(), actor(), exchanged_id), {}, {})


@blueprint.get("/van-ban-den/<int:exchanged_id>/tep/<int:number>")
@staff
def incoming_file(exchanged_id: int, number: int) -> Response:
    """A file of it, always as a download: it is from elsewhere."""
    files = queries.of_register(db(), actor(), exchanged_id).files
    if not 0 < number <= len(files):
        raise NotFound("Không tìm thấy tệp.")
    one = files[number - 1]
    kind = one["type"] if one["type"] in (_PDF, "image/png", "image/jpeg") else "application/octet-stream"
    return download_response(storage().get(one["sha256"]), kind, one["name"])


@blueprint.post("/van-ban-den/<int:exchanged_id>")
@staff
def answer_incoming(exchanged_id: int) -> Any:
    """Say what becomes of it."""
    typed = request.form
    try:
        with writing() as session:
            actions.answer(session, actor(), exchanged_id, typed.get("status", ""), typed.get("text", ""), now())
    except Invalid as invalid:
        return _page(queries.of_register(db(), actor(), exchanged_id), typed, invalid.errors), 422
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return _page(queries.of_register(db(), actor(), exchanged_id), typed, {"text": refusal.message}), 409
    flash("Đã ghi nhận; cơ quan gửi được báo qua trục liên thông.")
    return redirect(url_for("issuing.incoming_paper", exchanged_id=exchanged_id))


def _notation(paper: str) -> str:
    """What stands behind the number: the first letters of the name of its kind."""
    words = kind_names().get(paper, "Văn bản").split()
    return "".join(word[0] for word in words).upper()


def _page(found: ExchangedPaper, typed: Any, errors: dict[str, str]) -> str:
    reports = [
        signatures_of(storage().get(one["sha256"]), settings().signature_roots) if one["type"] == _PDF else None
        for one in found.files
    ]
    return render_template(
        "issuing/incoming_paper.html", paper=found, agency=db().get_one(Agency, found.agency_key), typed=typed,
        errors=errors, STATUS_NAMES=STATUS_NAMES, next=actions.next_answers(found),
        files=list(zip(found.files, reports, strict=True)),
    )  # fmt: skip
