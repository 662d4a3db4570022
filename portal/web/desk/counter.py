"""At the counter: the officer finds the procedure and types the application for whoever has come."""

from __future__ import annotations

from flask import current_app, render_template, request

from portal.identity.models import Role
from portal.publishing import queries as publishing
from portal.publishing.queries import LiveIndex
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.session import actor, db

_MOST = 15


@blueprint.get("/tai-quay")
@staff
def counter() -> str:
    """Procedures for what is typed, each with the way to its form; without a query those asked for most."""
    query = request.args.get("q", "").strip()[:200]
    session = db()
    index: LiveIndex = current_app.extensions["search"]
    live = index.get(session)
    code = live.code_in(query) if query else None
    codes = [code] if code else (live.search(query, limit=_MOST).codes if query else [])
    found = publishing.listed(session, codes) if query else publishing.common(session, _MOST)
    return render_template("desk/counter.html", query=query, found=found, may_type=_may_type())


def _may_type() -> bool:
    return any(role is Role.RECEIVING_OFFICER for _, role in actor().roles)
