"""`/api/v1/procedures`: the catalogue for other programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify, request

from portal.base.errors import Invalid, NotFound
from portal.publishing import queries as publishing
from portal.publishing.queries import LiveIndex
from portal.web.access import public
from portal.web.session import db
from services_catalog.loader import as_document

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
_MOST = 100


@blueprint.get("/procedures")
@public
def list_procedures() -> Any:
    """`{"total": n, "items": [{"code", "name", "sector"}]}`, best match first; `limit` 1 to 100, `offset` from 0."""
    limit, offset = _number("limit", 20, 1, _MOST), _number("offset", 0, 0, 100_000)
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    found = live.get(session).search(request.args.get("q", "")[:200], limit=limit, offset=offset)
    items = [{"code": p.code, "name": p.name, "sector": p.sector} for p in publishing.listed(session, found.codes)]
    return jsonify(total=found.total, items=items)


@blueprint.get("/procedures/<code>")
@public
def get_procedure(code: str) -> Any:
    """One procedure as the catalogue has it; values that the source lacks are absent."""
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    published = publishing.published(session, live.get(session).code_in(code) or code)
    if published is None:
        raise NotFound("Không có thủ tục này.")
    agencies = [{"key": a.key, "code": a.code, "name": a.name} for a in
                publishing.offering_agencies(session, published.procedure.code)]  # fmt: skip
    return jsonify({**as_document(published.procedure), "sector": published.sector, "agencies": agencies})


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise Invalid({name: f"{name} phải là số nguyên từ {low} đến {high}."})
    return int(text)
