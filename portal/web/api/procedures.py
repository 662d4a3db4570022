"""`/api/v1/procedures`: the catalogue for other programs, one page at a time or whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from flask import Response, current_app, jsonify, request

from portal.base.errors import Invalid, NotFound
from portal.publishing import queries as publishing
from portal.publishing.queries import LiveIndex, Published
from portal.web.access import public
from portal.web.api.blueprint import blueprint
from portal.web.api.description import DESCRIPTION, FACETS
from portal.web.session import db
from services_catalog.library import as_document
from services_catalog.loader import library

_MOST = 100
_CSV_COLUMNS = ("code", "name", "sector", "ministry", "decision_no", "channels", "audiences", "agencies", "results",
                "official_page")  # fmt: skip


@blueprint.get("/procedures")
@public
def list_procedures() -> Any:
    """`{"total": n, "items": [{"code", "name", "sector"}]}`, best match first; `limit` 1 to 100, `offset` from 0."""
    limit, offset = _number("limit", 20, 1, _MOST), _number("offset", 0, 0, 100_000)
    session = db()
    filters = {facet: value for facet in FACETS if (value := request.args.get(facet, "")[:80])}
    live: LiveIndex = current_app.extensions["search"]
    query = request.args.get("q", "")[:200]
    found = live.get(session).search(query, limit=limit, offset=offset, filters=filters)
    items = [{"code": p.code, "name": p.name, "sector": p.sector} for p in publishing.listed(session, found.codes)]
    return _unless_known(jsonify(total=found.total, items=items))


@blueprint.get("/procedures/<code>")
@public
def get_procedure(code: str) -> Any:
    """One procedure as the catalogue has it; values that the source lacks are absent."""
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    published = publishing.published(session, live.get(session).code_in(code) or code)
    if published is None:
        raise NotFound("Không có thủ tục này.")
    agencies = [
        {"key": offered.agency.key, "code": offered.agency.code, "name": offered.agency.name, "level": offered.level}
        for offered in publishing.offering_agencies(session, published.procedure.code)
    ]
    return _unless_known(jsonify({**_document(published), "agencies": agencies}))


@blueprint.get("/procedures.jsonl")
@public
def dump_jsonl() -> Response:
    """The whole catalogue, one JSON object a line."""
    lines = (json.dumps(_document(p), ensure_ascii=False) + "\n" for p in publishing.all_published(db()))
    return _dump("".join(lines), "application/jsonl", "thu-tuc.jsonl")


@blueprint.get("/procedures.csv")
@public
def dump_csv() -> Response:
    """The whole catalogue as a table; several values of one cell are divided by "; "."""
    table = io.StringIO()
    writer = csv.DictWriter(table, _CSV_COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(map(_cells, map(_document, publishing.all_published(db()))))
    # The mark at the front makes spreadsheets read the accents right.
    return _dump("\ufeff" + table.getvalue(), "text/csv; charset=utf-8", "thu-tuc.csv")


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of this API (OpenAPI 3.1)."""
    return _unless_known(jsonify(DESCRIPTION))


def _document(published: Published) -> dict[str, Any]:
    return {**as_document(published.procedure), "sector": published.sector}


def _cells(document: dict[str, Any]) -> dict[str, Any]:
    def cell(value: Any) -> Any:
        text = "; ".join(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
        # Spreadsheets take these for the beginning of a formula.
        return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text

    named = {**document, "agencies": [library().agency_name(key) for key in document["agencies"]]}
    return {name: cell(named.get(name, "")) for name in _CSV_COLUMNS}


def _dump(text: str, media_type: str, name: str) -> Response:
    response = Response(text, mimetype=None, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return _unless_known(response)


def _unless_known(response: Response) -> Any:
    """304 for whoever has the same answer already (ETag)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    response.add_etag()
    return response.make_conditional(request)


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise Invalid({name: f"{name} phải là số nguyên từ {low} đến {high}."})
    return int(text)
