"""Before applying: what one needs, how long it takes, what it costs, and where it goes."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import Forbidden, Refusal
from portal.cases import drafts
from portal.cases.permissions import may_assist
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.citizen.blueprints import drafts as blueprint
from portal.web.public.procedures import facts_of, find
from portal.web.security import limiter
from portal.web.session import account, actor, db, writing
from services_catalog.slots import slots_of

ASSISTED = "assisted"


@blueprint.get("/thu-tuc/<code>/nop-ho-so")
@signed_in
def choose_agency(code: str) -> str:
    """What to have at hand, questions to ask oneself, and which agency the application goes to."""
    return _page(code)


@blueprint.post("/thu-tuc/<code>/nop-ho-so")
@signed_in
@limiter.limit("200 per hour", key_func=lambda: str(actor().account_id))
def begin(code: str) -> Any:
    """Start a draft."""
    agency, is_assisted = request.form.get("agency", ""), request.form.get("who") == ASSISTED
    try:
        if not agency:
            raise Refusal("no_agency", "Hãy chọn nơi nộp hồ sơ.")
        if is_assisted and not may_assist(actor(), agency):
            raise Forbidden("Bạn chỉ nhập giúp được ở bộ phận một cửa nơi bạn làm việc.")
        with writing() as session:
            draft = drafts.begin(session, account(), code, agency, now(), is_assisted=is_assisted)
            step = publishing.version(session, draft.version_id).form.steps[0]
    except Refusal as refusal:
        return _page(code, refusal.message), 422
    return redirect(url_for("drafts.step", draft_id=draft.id, key=step.key))


def _page(code: str, error: str | None = None) -> str:
    published = find(code)
    facts = facts_of(published)
    offered = [found for found in facts["agencies"] if found.level != "information"]
    desks = [found.agency.key for found in facts["agencies"] if may_assist(actor(), found.agency.key)]
    return render_template(
        "citizen/start.html", **facts, offered=offered, error=error, desks=desks,
        slots=slots_of(published.procedure, published.form, {}), today=local_day(now()),
        unfinished=drafts.unsent(db(), actor(), code)[:3], chosen=request.form,
    )  # fmt: skip
