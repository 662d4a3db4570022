"""What people did not find, made findable with one click."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid
from portal.identity.models import Role
from portal.publishing import queries as publishing
from portal.publishing import searches
from portal.publishing.permissions import keeps_everything
from portal.publishing.queries import LiveIndex
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.session import actor, db, writing


@blueprint.get("/tim-kiem")
@catalog_keeper
def failed_searches() -> str:
    """Searches without result, each with the likeliest procedures, and the synonyms made here."""
    return _page()


@blueprint.post("/tim-kiem/tu-dong-nghia")
@catalog_keeper
def add_synonym() -> Any:
    """Make a synonym of what people say."""
    say = request.form.get("say", "")
    try:
        with writing() as session:
            searches.add_synonym(session, say, code=request.form.get("code", ""), means=request.form.get("means", ""),
                                 by=actor(), now=now())  # fmt: skip
    except Invalid as invalid:
        return _page(invalid.errors), 422
    flash(f"Đã thêm. Tìm “{say}” sẽ ra kết quả sau vài giây.")
    return redirect(url_for("catalog.failed_searches"))


@blueprint.post("/tim-kiem/bo-qua")
@catalog_keeper
def settle_search() -> Any:
    """Take a search off the list."""
    with writing() as session:
        searches.settle(session, request.form.get("say", ""), by=actor(), now=now())
    return redirect(url_for("catalog.failed_searches"))


@blueprint.post("/tim-kiem/tu-dong-nghia/<int:synonym_id>/xoa")
@catalog_keeper
def remove_synonym(synonym_id: int) -> Any:
    """Forget a synonym."""
    with writing() as session:
        searches.remove_synonym(session, synonym_id, by=actor(), now=now())
    flash("Đã xóa từ đồng nghĩa.")
    return redirect(url_for("catalog.failed_searches"))


def _page(errors: dict[str, str] | None = None) -> str:
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    index = live.get(session)
    failed = [(row, publishing.listed(session, index.guess(row.typed))) for row in searches.failures(session)]
    made = searches.synonyms(session)
    named = {
        p.code: p.short_name for p in publishing.listed(session, [s.procedure_code for s in made if s.procedure_code])
    }
    return render_template(
        "catalog/searches.html", failed=failed, synonyms=made, named=named, errors=errors or {}, typed=request.form,
        may_edit=keeps_everything(actor(), Role.CATALOG_EDITOR),
    )  # fmt: skip
