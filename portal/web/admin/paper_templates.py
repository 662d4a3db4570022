"""Templates of papers of the province and of each agency: tried before they are used."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import now
from portal.base.errors import Invalid, NotFound
from portal.documents import templates as rules
from portal.web.access import configurator
from portal.web.admin import agencies
from portal.web.admin.blueprint import blueprint
from portal.web.files import pdf_response
from portal.web.session import actor, db, writing


@blueprint.get("/mau-giay")
@configurator
def paper_templates() -> str:
    """Which papers have a template of their own, and one of them to be changed."""
    return _page({})


@blueprint.post("/mau-giay")
@configurator
def save_paper_template() -> Any:
    """Use a template, or go back to the general one."""
    key, paper = agencies.chosen(agencies.options()), request.form.get("loai", "")
    is_back = request.form.get("do") == "retire"
    try:
        with writing() as session:
            if is_back:
                rules.retire(session, key, paper, now())
            else:
                rules.save(session, key, paper, request.form.get("source", ""), actor().account_id, now())
            audit.record(session, actor(), Subject.TEMPLATE, paper, "Dùng lại mẫu chung" if is_back else "Đổi mẫu giấy",
                         now(), agency=key or "toàn tỉnh")  # fmt: skip
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash("Đã dùng lại mẫu chung." if is_back else "Giấy lập từ nay dùng mẫu mới.")
    return redirect(url_for("admin.paper_templates", **{"co-quan": key or "", "loai": paper}))  # type: ignore[arg-type]


@blueprint.post("/mau-giay/xem-thu.pdf")
@configurator
def try_paper_template() -> Any:
    """The paper with made-up data."""
    agencies.chosen(agencies.options())
    try:
        return pdf_response(rules.try_out(request.form.get("loai", ""), request.form.get("source", "")), "mau-thu.pdf")
    except Invalid as invalid:
        return _page(invalid.errors), 422


def _page(errors: dict[str, str]) -> str:
    known = agencies.options()
    key = agencies.chosen(known)
    paper = request.values.get("loai") or next(iter(rules.NAMES))
    if paper not in rules.NAMES:
        raise NotFound("Không có loại giấy này.")
    own = {one.paper: one for one in rules.in_use(db(), key)}
    inherited = rules.sources_for(db(), None).get(paper) or rules.standard(paper)
    source = request.form.get("source") or (own[paper].source if paper in own else inherited)
    return render_template(
        "admin/paper_templates.html", agencies=known, agency_key=key or "", papers=rules.NAMES, paper=paper, own=own,
        source=source, errors=errors,
    )  # fmt: skip
