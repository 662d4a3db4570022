"""The desk hands results to the post, has papers fetched, and certifies copies of originals."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for

from portal.base.clock import now
from portal.base.errors import Forbidden, NotFound, Refusal
from portal.cases import copies
from portal.cases.models import Case
from portal.cases.outgoing import NEXT_STEP
from portal.identity.models import Role
from portal.web.access import staff
from portal.web.carrying import cancel_order, order_from_form
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case import case_of, page
from portal.web.session import actor, tools, writing


@blueprint.post("/ho-so/<reference>/buu-dien")
@staff
def order_carrier(reference: str) -> Any:
    """Order the post for the applicant."""
    return order_from_form(_of_desk(reference), request.form, lambda errors: page(case_of(reference), errors=errors),
                           _back(reference))  # fmt: skip


@blueprint.post("/ho-so/<reference>/buu-dien/<int:order_id>/huy")
@staff
def cancel_carrier(reference: str, order_id: int) -> Any:
    """Call an order off."""
    return cancel_order(_of_desk(reference), order_id, lambda errors: page(case_of(reference), errors=errors),
                        _back(reference))  # fmt: skip


def _back(reference: str) -> str:
    return url_for("desk.show", reference=reference, _anchor="buu-dien")


@blueprint.post("/ho-so/<reference>/sao-y")
@staff
def certify(reference: str) -> Any:
    """Make a certified electronic copy of what was scanned from an original."""
    case = case_of(reference)
    try:
        document_id = uuid.UUID(request.form.get("document", ""))
    except ValueError as error:
        raise NotFound("Không tìm thấy tệp.") from error
    try:
        with writing() as session:
            copies.certify(session, tools(), case.id, document_id, actor(), now(), NEXT_STEP)
    except Refusal as refusal:
        if refusal.code in ("not_found", "forbidden"):
            raise
        return page(case_of(reference), refusal=refusal.message), 409
    flash("Đã cấp số bản sao y; bản sao đang được ký số.")
    return redirect(url_for("desk.show", reference=case.reference, _anchor="sao-y"))


def _of_desk(reference: str) -> Case:
    case = case_of(reference)
    if not actor().has(Role.RECEIVING_OFFICER, case.agency_key):
        raise Forbidden("Chỉ bộ phận một cửa đặt bưu điện.")
    return case
