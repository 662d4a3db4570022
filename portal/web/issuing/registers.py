"""Registers of outgoing papers, and one paper: how far it is, what was signed, whether it is in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import automatic
from portal.cases.models import Case
from portal.documents.signatures import signatures_of
from portal.exchange import queries as exchange
from portal.exchange.actions import keeps_exchange
from portal.exchange.edxml import STATUS_NAMES
from portal.identity import queries as identity
from portal.issuing import register
from portal.issuing.models import Ended, OutgoingPaper, Step
from portal.issuing.words import kind_names
from portal.web.access import staff
from portal.web.files import file_response, workbook_response
from portal.web.issuing.blueprint import blueprint
from portal.web.requests import day_in
from portal.web.session import actor, db, settings, storage, writing

_LONGEST = timedelta(days=366)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_MOST = 500
STEP_NAMES = {
    Step.NUMBERED: "Đã cấp số, đang lập tệp",
    Step.RENDERED: "Chờ chữ ký của người có thẩm quyền",
    Step.SIGNED: "Đã ký, chờ chữ ký số của cơ quan",
    Step.SEALED: "Đã đóng dấu, chờ dấu thời gian lưu trữ",
    Step.DONE: "Đã phát hành",
}
ENDED_NAMES = {Ended.WITHDRAWN: "Đã thu hồi", Ended.REPLACED: "Đã được thay thế"}


@blueprint.get("/van-ban-di")
@staff
def papers() -> str:
    """The register of one of the person's agencies over some days."""
    return render_template("issuing/register.html", **_found(), most=_MOST)


@blueprint.get("/van-ban-di.xlsx")
@staff
def papers_workbook() -> Response:
    """The same as a workbook."""
    found = _found()
    rows = [
        [one.sign, f"{one.issued_on:%d/%m/%Y}", found["names"].get(one.paper, one.paper), one.subject,
         found["people"].get(one.signer_id, ""), found["references"].get(one.case_id, ""), _state(one)]
        for one in found["rows"]
    ]  # fmt: skip
    titles = ["Số", "Ngày", "Loại", "Về việc", "Người ký", "Mã hồ sơ", "Tình trạng"]
    return workbook_response("so-van-ban-di.xlsx", {"Văn bản đi": [titles, *rows]})


@blueprint.get("/van-ban-di/<int:paper_id>")
@staff
def paper(paper_id: int) -> str:
    """One paper."""
    return page_of(register.of_register(db(), actor(), paper_id), {}, {})


@blueprint.get("/van-ban-di/<int:paper_id>.pdf")
@staff
def paper_file(paper_id: int) -> Response:
    """The issued paper."""
    found = register.of_register(db(), actor(), paper_id)
    if found.sha256 is None:
        raise NotFound("Văn bản chưa phát hành xong.")
    return file_response(storage().get(found.sha256), "application/pdf", f"{register.spaced(found.code)}.pdf")


@blueprint.post("/van-ban-di/<int:paper_id>/thu-hoi")
@staff
def end_paper(paper_id: int) -> Any:
    """Withdraw a paper, or have another one take its place."""
    typed = request.form
    try:
        case_id = register.of_register(db(), actor(), paper_id).case_id
        with writing() as session:
            if case_id is not None:  # as workers lock them: the case first
                session.get(Case, case_id, with_for_update=True)
            found = register.end(session, actor(), paper_id, reason=typed.get("reason", ""),
                                 replaced_by=typed.get("replaced_by", ""), now=now())  # fmt: skip
            audit.record(session, actor(), Subject.PAPER, found.code, ENDED_NAMES[Ended(found.ended or "")], now(),
                         number=found.sign, reason=found.end_reason)  # fmt: skip
            if found.case_id is not None:
                automatic.tell_of_paper(session, found.case_id, found.end_reason or "", now())
    except Invalid as invalid:
        return page_of(register.of_register(db(), actor(), paper_id), typed, invalid.errors), 422
    except Refusal as refusal:
        if refusal.code in ("not_found", "forbidden"):
            raise
        return page_of(register.of_register(db(), actor(), paper_id), typed, {"reason": refusal.message}), 409
    flash("Đã ghi nhận. Ai kiểm tra văn bản này từ nay sẽ thấy nó hết hiệu lực; người nộp đã được báo.")
    return redirect(url_for("issuing.paper", paper_id=paper_id))


def _found() -> dict[str, Any]:
    keys = register.register_agencies(actor())
    if not keys:
        raise NotFound("Trang này dành cho văn thư và lãnh đạo.")
    names = dict(db().execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all())
    key = request.args.get("co-quan") or next((one for one in keys if register.books(db(), one)), keys[0])
    if key not in names:
        raise NotFound("Không tìm thấy cơ quan này.")
    last = min(max(day_in(request.args.get("den")) or local_day(now()), _EARLIEST), _LATEST)
    first = day_in(request.args.get("tu")) or last.replace(day=1)
    first = min(max(first, last - _LONGEST), last)
    book = request.args.get("loai", "")
    rows = register.register(db(), key, first, last, paper=book, limit=_MOST)
    people = identity.names(db(), [one.signer_id for one in rows if one.signer_id])
    cases = select(Case.id, Case.reference).where(Case.id.in_([one.case_id for one in rows if one.case_id]))
    return {
        "rows": rows, "first": first, "last": last, "agency_key": key, "agencies": names, "book": book,
        "books": register.books(db(), key), "names": kind_names(), "people": people,
        "references": dict(db().execute(cases).all()), "STEP_NAMES": STEP_NAMES, "ENDED_NAMES": ENDED_NAMES,
    }  # fmt: skip


def _state(one: OutgoingPaper) -> str:
    if one.ended:
        return ENDED_NAMES[Ended(one.ended)]
    return STEP_NAMES[Step(one.step)] + (f": {one.problem}" if one.problem else "")


def page_of(found: OutgoingPaper, typed: Any, errors: dict[str, str]) -> str:
    """The page of a paper, with what was typed into its forms."""
    session = db()
    content = storage().get(found.sha256) if found.sha256 else b""
    case = session.get(Case, found.case_id) if found.case_id else None
    people = identity.names(session, [one for one in (found.signer_id, found.ended_by) if one])
    successor = session.get(OutgoingPaper, found.replaced_by_id) if found.replaced_by_id else None
    return render_template(
        "issuing/paper.html", paper=found, case=case, people=people, typed=typed, errors=errors, state=_state(found),
        report=signatures_of(content, settings().signature_roots) if content else None, successor=successor,
        agency=session.get_one(Agency, found.agency_key), names=kind_names(), spaced=register.spaced,
        may_end=register.may_end(actor(), found) and found.step == Step.DONE and not found.ended,
        in_force=register.is_in_force(found, local_day(now())), sent=exchange.sent(session, found.id),
        may_send=keeps_exchange(actor(), found.agency_key) and found.step == Step.DONE and not found.ended,
        STATUS_NAMES=STATUS_NAMES,
    )  # fmt: skip
