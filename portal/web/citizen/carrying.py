"""Applicants have the post fetch papers or bring the result."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.web.access import signed_in
from portal.web.carrying import cancel_order, order_from_form
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.citizen.cases import own_case, page


@blueprint.post("/ho-so/<reference>/buu-dien")
@signed_in
def order_post(reference: str) -> Any:
    """Order the post."""
    return order_from_form(own_case(reference), {**request.form, "cod": "0"},
                           lambda errors: page(own_case(reference), errors=errors), _back(reference))  # fmt: skip


@blueprint.post("/ho-so/<reference>/buu-dien/<int:order_id>/huy")
@signed_in
def cancel_post(reference: str, order_id: int) -> Any:
    """Call an order off."""
    return cancel_order(own_case(reference), order_id, lambda errors: page(own_case(reference), errors=errors),
                        _back(reference))  # fmt: skip


def _back(reference: str) -> str:
    return url_for("cases.show", reference=reference, _anchor="buu-dien")
