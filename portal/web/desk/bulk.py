"""One action on several cases: a preview first, then a result for each; or one slip for all."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Refusal
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.words import ACTION_NAMES
from portal.desk import bulk as rules
from portal.desk import slips
from portal.documents import papers, pdfs
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case import case_of
from portal.web.desk.columns import rows_of
from portal.web.files import pdf_response
from portal.web.session import actor, db, settings, writing

RECEIPTS, CONTROL_SLIPS = "receipts", "control_slips"
CHOICES = [*((action.value, ACTION_NAMES[action]) for action in rules.ACTIONS),
           (RECEIPTS, "In chung giấy tiếp nhận (mẫu 01)"), (CONTROL_SLIPS, "In phiếu kiểm soát (mẫu 05)")]  # fmt: skip


@blueprint.post("/nhieu-ho-so")
@staff
def bulk() -> Any:
    """What the action would do to each of the chosen cases."""
    references = request.form.getlist("row" if "all" in request.form else "case")
    if request.form.get("action") == RECEIPTS:
        return _receipts(references)
    if request.form.get("action") == CONTROL_SLIPS:
        return _control_slips(references)
    action = _action()
    chosen = rules.preview(db(), actor(), references, action, now())
    able = [one for one in chosen if one.obstacle is None]
    officers = rules.officers_for(db(), able, now()) if action is Action.ASSIGN else {}
    rows = rows_of(db(), [one.row for one in chosen], now())
    return render_template("desk/bulk.html", chosen=list(zip(chosen, rows, strict=True)), action=action, able=able,
                           name=ACTION_NAMES[action], officers=officers, errors={})  # fmt: skip


@blueprint.post("/nhieu-ho-so/lam")
@staff
def bulk_run() -> Any:
    """Do it; what was refused is said for each."""
    action = _action()
    seen = [pair.rpartition("@") for pair in request.form.getlist("seen")]
    chosen = [(reference, int(version)) for reference, _, version in seen if version.isdecimal()]
    if not chosen:
        return redirect(url_for("desk.queue"))
    details = {"officer": request.form.get("officer", "")}
    outcomes = rules.run(writing, actor(), chosen, action, details, now())
    return render_template("desk/bulk_done.html", outcomes=outcomes, name=ACTION_NAMES[action])


def _action() -> Action:
    name = request.form.get("action", "")
    if name not in rules.ACTIONS:
        abort(404)
    return Action(name)


def _cases(references: list[str]) -> list[Case]:
    if not references or len(references) > rules.MOST:
        raise Refusal("nothing_chosen", f"Hãy chọn từ 1 đến {rules.MOST} hồ sơ.")
    return [case_of(reference) for reference in dict.fromkeys(references)]


def _control_slips(references: list[str]) -> Any:
    """One PDF with the slip of each case, to go with the papers that are handed over."""
    url, at = settings().base_url, now()
    made = [papers.render("control", slips.control_data(db(), case, url, at)) for case in _cases(references)]
    return pdf_response(pdfs.joined(made), "phieu-kiem-soat.pdf")


def _receipts(references: list[str]) -> Any:
    cases = _cases(references)
    data = slips.intake_data(db(), cases, settings().base_url)
    return pdf_response(papers.render("intake", data), f"tiep-nhan-{cases[0].reference}.pdf")
