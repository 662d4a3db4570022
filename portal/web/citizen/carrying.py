"""Applicants have the post fetch papers or bring the result."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid, Refusal
from portal.posting import actions
from portal.web.access import signed_in
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.citizen.cases import own_case, page
from portal.web.session import actor, writing


@blueprint.post("/ho-so/<reference>/buu-dien")
@signed_in
def order_post(reference: str) -> Any:
    """Order the post."""
    case = own_case(reference)
    try:
        with writing() as session:
            actions.order(session, case.id, {**request.form, "cod": "0"}, actor().account_id, now())
    except Invalid as invalid:
        return page(own_case(reference), errors=invalid.errors), 422
    except Refusal as refusal:
        return page(own_case(reference), errors={"buu-dien": refusal.message}), 409
    flash("Đã gửi đơn cho bưu điện. Tình trạng đơn hiện ở mục Qua bưu điện.")
    return redirect(url_for("cases.show", reference=case.reference, _anchor="buu-dien"))


@blueprint.post("/ho-so/<reference>/buu-dien/<int:order_id>/huy")
@signed_in
def cancel_post(reference: str, order_id: int) -> Any:
    """Call an order off."""
    case = own_case(reference)
    try:
        with writing() as session:
            actions.cancel(session, case.id, order_id, now())
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return page(own_case(reference), errors={"buu-dien": refusal.message}), 409
    flash("Đã hủy đơn.")
    return redirect(url_for("cases.show", reference=case.reference, _anchor="buu-dien"))
