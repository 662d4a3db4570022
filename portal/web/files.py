"""Sending the files of cases to people who may see the case."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, send_file
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from portal.base.clock import now
from portal.base.errors import NotFound, Refusal
from portal.cases.models import Case
from portal.cases.paper import apology_data
from portal.documents import papers, scanning, uploads
from portal.documents.models import Document, Scan, WalletPaper
from portal.issuing.register import result_of
from portal.web.security import FILE_CSP
from portal.web.session import checks, current_actor, db, settings, storage, writing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    return stored_response(openable(case, document_id))


def openable(case: Case, document_id: uuid.UUID) -> Document:
    """A paper of `case` that may be opened. Raises `NotFound`, and `Refusal` as `stored_response` does."""
    document = db().get(Document, document_id)
    if document is None or document.case_id != case.id:
        raise NotFound("Không tìm thấy tệp.")
    _require_openable(document)
    return document


def stored_response(file: Document | WalletPaper) -> Response:
    """A stored file, shown in the browser. Raises `Refusal` for one that the scanner has not seen, or refused."""
    _require_openable(file)
    return _response(storage().get(file.sha256), file.media_type, file.file_name, attached=False)


def workbook_response(name: str, sheets: Mapping[str, Iterable[Sequence[str | int]]]) -> Response:
    """A workbook of texts, as a download. Text stays text, also where it begins like a formula."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append([_text_cell(page, text) for text in row])
    target = io.BytesIO()
    book.save(target)
    return _response(target.getvalue(), XLSX, name, attached=True)


def _text_cell(page: Any, text: str | int) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=text)
    if isinstance(text, str):
        cell.data_type = "s"
    return cell


def picture_response(content: bytes) -> Response:
    """A picture of a page. The same address always shows the same page, but it is nobody else's."""
    response = send_file(io.BytesIO(content), mimetype="image/png", max_age=0)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _require_openable(file: Document | WalletPaper) -> None:
    if file.scan == Scan.WAITING:
        raise Refusal("being_scanned", "Tệp đang được quét mã độc, chưa mở được. Hãy thử lại sau ít phút.")
    if file.scan == Scan.INFECTED:
        raise NotFound("Tệp có mã độc nên đã bị cách ly, không mở được.")


def result_response(case: Case) -> Response:
    """The result of `case` as a download."""
    result = result_of(db(), case.id)
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


def file_response(content: bytes, media_type: str, name: str) -> Response:
    """A file that was looked at when it came, shown in the browser."""
    return _response(content, media_type, name, attached=False)


def download_response(content: bytes, media_type: str, name: str) -> Response:
    """A file made just now, as a download."""
    return _response(content, media_type, name, attached=True)


def _response(content: bytes, media_type: str, name: str, *, attached: bool) -> Response:
    response = send_file(
        io.BytesIO(content), mimetype=media_type, as_attachment=attached, download_name=name, max_age=0
    )
    response.headers["Content-Security-Policy"] = FILE_CSP
    response.headers["Cache-Control"] = "private, no-store"
    return response
