"""Sending the files of cases to people who may see the case."""

from __future__ import annotations

import io
import uuid

from flask import Response, send_file

from portal.base.clock import now
from portal.base.errors import NotFound, Refusal
from portal.cases.models import Case
from portal.cases.paper import apology_data
from portal.documents import papers, results, scanning, uploads
from portal.documents.models import Document, Scan, WalletPaper
from portal.web.security import FILE_CSP
from portal.web.session import checks, current_actor, db, settings, storage, writing


def prepare(incoming: uploads.Incoming) -> uploads.Prepared:
    """Look at a file that has come in. An infected one is kept apart, and refused like any other bad one."""
    try:
        return uploads.prepare(incoming, checks())
    except uploads.Infected as infected:
        person = current_actor()
        with writing() as session:
            scanning.quarantine(session, storage(), infected.content, infected.found,
                                account_id=person.account_id if person else None, now=now())  # fmt: skip
        raise


def send_document(case: Case, document_id: uuid.UUID) -> Response:
    """A paper of `case`, shown in the browser."""
    document = db().get(Document, document_id)
    if document is None or document.case_id != case.id:
        raise NotFound("Không tìm thấy tệp.")
    return stored_response(document)


def stored_response(file: Document | WalletPaper) -> Response:
    """A stored file, shown in the browser. Raises `Refusal` for one that the scanner has not seen, or refused."""
    if file.scan == Scan.WAITING:
        raise Refusal("being_scanned", "Tệp đang được quét mã độc, chưa mở được. Hãy thử lại sau ít phút.")
    if file.scan == Scan.INFECTED:
        raise NotFound("Tệp có mã độc nên đã bị cách ly, không mở được.")
    return _response(storage().get(file.sha256), file.media_type, file.file_name, attached=False)


def result_response(case: Case) -> Response:
    """The result of `case` as a download."""
    result = results.result_of(db(), case.id)
    if result is None or result.sha256 is None:
        raise NotFound("Hồ sơ chưa có kết quả để tải.")
    return _response(storage().get(result.sha256), "application/pdf", f"{case.reference}.pdf", attached=True)


def apology_response(case: Case) -> Response:
    """The letter of apology, made from what was recorded when the case was put off."""
    data = apology_data(db(), case, settings().base_url)
    return pdf_response(papers.render("apology", data), f"xin-loi-{case.reference}.pdf")


def pdf_response(content: bytes, name: str) -> Response:
    """A PDF made just now, shown in the browser."""
    return _response(content, "application/pdf", name, attached=False)


def _response(content: bytes, media_type: str, name: str, *, attached: bool) -> Response:
    response = send_file(
        io.BytesIO(content), mimetype=media_type, as_attachment=attached, download_name=name, max_age=0
    )
    response.headers["Content-Security-Policy"] = FILE_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response
