"""What was received: as PDF, and as one file with copies of everything."""

from __future__ import annotations

import tempfile
import zipfile
from typing import Any

from flask import Response, send_file

from portal.cases import queries
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.cases.receipt import receipt_data
from portal.documents import papers, uploads
from portal.issuing.register import result_of
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.files import pdf_response
from portal.web.security import limiter
from portal.web.session import actor, db, settings, storage
from services_catalog.slots import slot_name

_IN_MEMORY = 5 * 1024 * 1024


@blueprint.get("/ho-so/<reference>/xac-nhan.pdf")
@signed_in
def receipt(reference: str) -> Response:
    """The acknowledgement: code, QR, every answer, every file with its size and hash."""
    case = queries.case_for(db(), actor(), reference)
    return pdf_response(_receipt(case), f"xac-nhan-{case.reference}.pdf")


@blueprint.get("/ho-so/<reference>/tat-ca.zip")
@signed_in
@limiter.limit("30 per hour", key_func=lambda: str(actor().account_id))
def everything(reference: str) -> Any:
    """The acknowledgement, all files, and the result, in one file."""
    case = queries.case_for(db(), actor(), reference)
    published = publishing.version(db(), case.version_id)
    packed = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"xac-nhan-{case.reference}.pdf", _receipt(case))
        for number, file in enumerate(uploads.of_case(db(), case.id), 1):
            if file.may_be_opened:
                paper = slot_name(published.procedure, published.form, file.slot)[:60].replace("/", "-")
                archive.writestr(f"giay-to/{number:02} {paper} - {file.file_name}", storage().get(file.sha256))
        result = result_of(db(), case.id)
        if result and result.sha256 and case.state == State.RETURNED:
            archive.writestr(f"ket-qua-{case.reference}.pdf", storage().get(result.sha256))
    packed.seek(0)
    response = send_file(packed, mimetype="application/zip", as_attachment=True, download_name=f"{case.reference}.zip")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _receipt(case: Case) -> bytes:
    return papers.render("receipt", receipt_data(db(), case, settings().base_url))
