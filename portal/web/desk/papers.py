"""Files of a case for staff: papers, their pages as pictures, drafts, results and slips."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Response, abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base import links
from portal.base.clock import local_day, now
from portal.base.errors import NotFound
from portal.cases.models import Case
from portal.cases.paper import MADE_BY_THE_SYSTEM, apology_data, paper_data, place_and_date
from portal.desk import slips
from portal.documents import papers
from portal.documents.pages import page_picture
from portal.publishing import queries as publishing
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case import case_of
from portal.web.files import openable, pdf_response, picture_response, result_response, send_document
from portal.web.requests import day_in
from portal.web.session import actor, db, settings, storage

_MOST_ROWS = 2000
_LONGEST = timedelta(days=366)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_SLIPS: dict[str, tuple[str, Callable[[Session, Case, str], dict[str, Any]]]] = {
    "tiep-nhan": ("intake", lambda session, case, url: slips.intake_data(session, [case], url)),
    "bo-sung": ("supplement", slips.supplement_data),
    "tu-choi": ("refusal", slips.refusal_data),
    "xin-loi": ("apology", apology_data),
    "tra-ket-qua": ("handover", slips.handover_data),
    "kiem-soat": ("control", lambda session, case, url: slips.control_data(session, case, url, now())),
}


@blueprint.get("/ho-so/<reference>/tep/<uuid:document_id>")
@staff
def document(reference: str, document_id: uuid.UUID) -> Any:
    """A paper of the case."""
    return send_document(case_of(reference), document_id)


@blueprint.get("/ho-so/<reference>/tep/<uuid:document_id>/trang-<int:number>.png")
@staff
def document_page(reference: str, document_id: uuid.UUID, number: int) -> Response:
    """A page of a paper as a picture, so wide as asked (`rong`, pixels)."""
    file = openable(case_of(reference), document_id)
    width = request.args.get("rong", 900, type=int)
    return picture_response(page_picture(storage().get(file.sha256), file.media_type, number, width))


@blueprint.get("/ho-so/<reference>/du-thao.pdf")
@staff
def draft_paper(reference: str) -> Response:
    """The result as it would be issued now, marked as a draft."""
    case = case_of(reference)
    return pdf_response(_draft(case), f"du-thao-{case.reference}.pdf")


@blueprint.get("/ho-so/<reference>/du-thao-<int:number>.png")
@staff
def draft_page(reference: str, number: int) -> Response:
    """A page of the draft as a picture."""
    return picture_response(page_picture(_draft(case_of(reference)), "application/pdf", number, 900))


@blueprint.get("/ho-so/<reference>/phieu/<slip_kind>.pdf")
@staff
def slip(reference: str, slip_kind: str) -> Response:
    """A slip of the desk about the case: mẫu 01 to 05."""
    if slip_kind not in _SLIPS:
        abort(404)
    case = case_of(reference)
    template, data = _SLIPS[slip_kind]
    paper = papers.render(template, data(db(), case, settings().base_url))
    return pdf_response(paper, f"{slip_kind}-{case.reference}.pdf")


@blueprint.get("/ho-so/<reference>/ket-qua.pdf")
@staff
def result(reference: str) -> Any:
    """The issued result."""
    return result_response(case_of(reference))


@blueprint.get("/so-theo-doi")
@staff
def register() -> str:
    """Mẫu 06 of one of the person's agencies over some days."""
    return render_template("desk/register.html", **_register(), most=_MOST_ROWS)


@blueprint.get("/so-theo-doi.pdf")
@staff
def register_pdf() -> Response:
    """The same as a paper."""
    found = _register()
    agency = db().get_one(Agency, found["agency_key"])
    parent = db().get(Agency, agency.parent_key) if agency.parent_key else None
    period = f"Từ ngày {found['first']:%d/%m/%Y} đến ngày {found['last']:%d/%m/%Y}"
    data = {
        "reference": "", "agency": agency.name, "parent_agency": parent.name if parent else "", "number": "",
        "place_and_date": place_and_date(agency, local_day(now())), "footer": MADE_BY_THE_SYSTEM, "is_draft": False,
        "lookup_url": links.lookup(settings().base_url, ""), "rows": found["rows"], "period": period,
        "signer": "", "signer_title": "",
    }  # fmt: skip
    return pdf_response(papers.render("register", data), "so-theo-doi.pdf")


def _register() -> dict[str, Any]:
    keys = sorted(actor().case_agency_keys)
    names = dict(db().execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all())
    agency_key = request.args.get("agency") or keys[0]
    if agency_key not in names:
        raise NotFound("Không tìm thấy cơ quan này.")
    last = day_in(request.args.get("last")) or local_day(now())
    first = day_in(request.args.get("first")) or last.replace(day=1)
    last = min(max(last, _EARLIEST), _LATEST)
    first = min(max(first, last - _LONGEST), last)
    rows = slips.register_rows(db(), agency_key, first, last, limit=_MOST_ROWS)
    return {"rows": rows, "first": first, "last": last, "agency_key": agency_key, "agencies": names}


def _draft(case: Case) -> bytes:
    if case.decision is None:
        raise NotFound("Hồ sơ chưa có dự thảo kết quả.")
    procedure = publishing.version(db(), case.version_id).procedure
    return papers.render(procedure.result_paper, paper_data(db(), case, settings().base_url))
