"""One action on several cases: a preview first, then a result for each; or one slip for all."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask import session as browser

from portal.base.clock import now
from portal.base.errors import Refusal
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.words import ACTION_NAMES
from portal.desk import bulk as rules
from portal.desk import slips
from portal.documents import papers, pdfs
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case import LAST_QUEUE, case_of
from portal.web.desk.columns import rows_of
from portal.web.files import pdf_response
from portal.web.session import actor, db, settings, writing

_VERSION = re.compile(r"^\d{1,9}$", re.ASCII)
RECEIPTS, CONTROL_SLIPS = "receipts", "control_slips"
# To whom an action is offered first of all; the others find it in the case.
_ROLES = {
    Action.ACCEPT: Role.RECEIVING_OFFICER, Action.DELIVER: Role.RECEIVING_OFFICER, Action.ASSIGN: Role.HEAD,
    Action.ENDORSE: Role.HEAD, Action.APPROVE: Role.APPROVER, Action.ISSUE: Role.CLERK,
}  # fmt: skip
CHOICES = [*((action.value, ACTION_NAMES[action]) for action in rules.ACTIONS),
           (RECEIPTS, "In chung giấy tiếp nhận (mẫu 01)"), (CONTROL_SLIPS, "In phiếu kiểm soát (mẫu 05)")]  # fmt: skip


def choices_for(actor: Actor) -> list[tuple[str, str]]:
    """What this person may want to do to several cases."""
    held = {role for _, role in actor.roles}
    return [(key, name) for key, name in CHOICES if key not in rules.ACTIONS or _ROLES[Action(key)] in held]


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
    chosen = [
        (reference, int(version))
        for reference, _, version in seen
        if version.isascii() and version.isdecimal() and len(version) < 10
    ]
    if not chosen:
        return redirect(url_for("desk.queue"))
    details = {"officer": request.form.get("officer", "")}
    outcomes = rules.run(writing, actor(), chosen, action, details, now())
    return render_template("desk/bulk_done.html", outcomes=outcomes, action=action, name=ACTION_NAMES[action],
                           back=browser.get(LAST_QUEUE) or url_for("desk.queue"))  # fmt: skip


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
    """One receipt for each submitter, all in one PDF."""
    groups = slips.by_submitter(db(), _cases(references))
    made = [papers.render("intake", slips.intake_data(db(), group, settings().base_url)) for group in groups]
    return pdf_response(pdfs.joined(made), "giay-tiep-nhan.pdf")
