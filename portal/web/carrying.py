"""What pages of a case show of the post, for applicants and for the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request
from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.errors import Invalid, Refusal
from portal.cases.models import Case
from portal.posting import actions
from portal.web.session import actor, settings, writing
from services_catalog.fields import show_phone


def carrying(session: Session, case: Case) -> dict[str, Any]:
    """The orders of a case, and what may be ordered where there is a carrier."""
    orders = actions.orders_of(session, case.id)
    has_carrier = bool(settings().gateways.get("POST_PROVIDER"))
    return {
        "orders": orders, "ways_to_carry": actions.ways_open(case, orders) if has_carrier else [],
        "WAY_NAMES": actions.WAY_NAMES, "ORDER_NAMES": actions.STATE_NAMES,
        "address": {"name": case.contact_name, "phone": show_phone(case.contact_phone) if case.contact_phone else "",
                    "commune": case.commune or "", **request.form},
    }  # fmt: skip


Show = Callable[[dict[str, str]], str]


def order_from_form(case: Case, given: Mapping[str, str], show: Show, back: str) -> Any:
    """Order the post; `show` is the page with what was wrong, `back` where to go."""
    try:
        with writing() as session:
            actions.order(session, case.id, given, actor().account_id, now())
    except Invalid as invalid:
        return show(invalid.errors), 422
    except Refusal as refusal:
        return show({"buu-dien": refusal.message}), 409
    flash("Đã gửi đơn cho bưu điện. Tình trạng đơn hiện ở mục Qua bưu điện.")
    return redirect(back)


def cancel_order(case: Case, order_id: int, show: Show, back: str) -> Any:
    """Call an order off."""
    try:
        with writing() as session:
            actions.cancel(session, case.id, order_id, now())
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return show({"buu-dien": refusal.message}), 409
    flash("Đã hủy đơn.")
    return redirect(back)
