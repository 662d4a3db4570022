"""Refunds: what was asked for, decided by another person, and what is paid out by hand."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import paying
from portal.identity import queries as identity
from portal.payments import queries, refunds
from portal.payments.models import Refund
from portal.web.access import accountant
from portal.web.accounting.blueprint import blueprint
from portal.web.accounting.overview import agency_names, references
from portal.web.session import actor, db, writing

_DONE = {"duyet": "Đã duyệt hoàn tiền.", "tu-choi": "Đã từ chối hoàn tiền.", "da-chi": "Đã ghi nhận chi trả."}


@blueprint.get("/hoan-tien")
@accountant
def refund_list() -> str:
    """What waits first."""
    return _page({})


@blueprint.post("/hoan-tien/<int:refund_id>/<decision>")
@accountant
def decide_refund(refund_id: int, decision: str) -> Any:
    """Approve, refuse, or say that it was paid out."""
    found = db().get(Refund, refund_id)
    if found is None or not queries.may_see(actor(), found.agency_key):
        raise NotFound("Không tìm thấy đề nghị hoàn tiền này.")
    if decision not in _DONE:
        abort(404)
    try:
        with writing() as session:
            paying.require_not_own(session, actor(), found.case_id)
            if decision == "da-chi":
                refunds.pay_out(session, refund_id, request.form.get("note", ""), by=actor(), now=now())
            else:
                decide = refunds.approve if decision == "duyet" else refunds.refuse
                decide(session, refund_id, by=actor(), now=now())
    except Invalid as invalid:
        return _page({refund_id: invalid.message}), 422
    except Refusal as refusal:
        return _page({refund_id: refusal.message}), 409
    flash(_DONE[decision])
    return redirect(url_for("accounting.refund_list"))


def _page(problems: dict[int, str]) -> str:
    db().rollback()
    rows = queries.refunds(db(), queries.scope(actor()))
    people = identity.names(db(), [*(r.asked_by for r in rows), *(r.decided_by or 0 for r in rows)])
    return render_template(
        "accounting/refunds.html", rows=rows, q=queries, problems=problems, people=people,
        references=references(r.case_id for r in rows), agencies=agency_names(r.agency_key for r in rows),
    )  # fmt: skip
