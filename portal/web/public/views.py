"""The first page, search and browsing."""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from portal.base.clock import now
from portal.base.errors import NotFound
from portal.base.logs import logger
from portal.publishing import queries as publishing
from portal.publishing import searches
from portal.publishing.queries import LiveIndex
from portal.web.access import public
from portal.web.public.blueprint import blueprint
from portal.web.public.filters import chosen_filters, filter_groups, search_address
from portal.web.security import limiter
from portal.web.session import db, writing
from services_catalog.loader import life_events
from services_catalog.text import fold

_PAGE = 20
_log = logger(__name__)


@blueprint.get("/")
@public
def home() -> str:
    """The first page: search, what people ask for most, looking up a case."""
    session = db()
    return render_template(
        "public/home.html", common=publishing.common(session, 12), total=publishing.count(session), events=life_events()
    )


@blueprint.get("/thu-tuc")
@public
@limiter.limit("300 per minute")
def search() -> Any:
    """Procedures for a query; a code goes straight to its page."""
    query = request.args.get("q", "").strip()[:200]
    page = min(max(1, request.args.get("trang", 1, type=int)), 1_000_000)
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    index = live.get(session)
    if code := index.code_in(query):
        return redirect(url_for("public.procedure", code=code))
    chosen = chosen_filters(request.args)
    found = index.search(query, limit=_PAGE, offset=(page - 1) * _PAGE, filters=chosen)
    if query and not found.total and not chosen:
        _note_failure(query)
    pages = -(-found.total // _PAGE)
    if page > max(1, pages):
        return redirect(search_address(query, chosen, pages))
    return render_template(
        "public/search.html",
        query=query,
        found=found,
        procedures=publishing.listed(session, found.codes),
        filters=filter_groups(session, index, query, chosen),
        chosen=chosen,
        address=search_address,
        page=page,
        pages=pages,
        guesses=publishing.listed(session, index.guess(query, limit=5)) if not found.total else [],
        common=publishing.common(session, 8) if not found.total else [],
    )


def _note_failure(query: str) -> None:
    """For the one who keeps the synonyms; a search is answered also where this cannot be written."""
    try:
        with writing() as session:
            searches.note_failure(session, query, now())
    except SQLAlchemyError as error:
        _log.warning("failed_search_not_noted", error=type(error).__name__)


@blueprint.get("/thu-tuc/goi-y")
@public
@limiter.limit("600 per minute")
def suggest() -> Any:
    """The best few procedures for what is typed so far, for the list below the search box."""
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    query = request.args.get("q", "").strip()[:200]
    found = live.get(session).search(query, limit=6) if len(query) >= 2 else None
    items = publishing.listed(session, found.codes) if found else []
    return jsonify([{"name": item.short_name, "href": url_for("public.procedure", code=item.code)} for item in items])


@blueprint.get("/thu-tuc/theo/<way>")
@public
def browse(way: str) -> str:
    """Every value of one filter as a link: procedures by sector, by agency, by audience."""
    ways = {"linh-vuc": "sector", "co-quan": "agency", "doi-tuong": "audience"}
    if way not in ways:
        raise NotFound()
    session = db()
    live: LiveIndex = current_app.extensions["search"]
    groups = filter_groups(session, live.get(session), "", {})
    group = next(group for group in groups if group.facet == ways[way])
    choices = sorted(group.choices, key=lambda choice: fold(choice.label))
    return render_template("public/browse.html", way=way, title=group.title, choices=choices, events=life_events())


@blueprint.get("/viec/<key>")
@public
def life_event(key: str) -> str:
    """The procedures that something in a person's life calls for."""
    event = next((event for event in life_events() if event.key == key), None)
    if event is None:
        raise NotFound()
    return render_template("public/life_event.html", event=event, procedures=publishing.listed(db(), list(event.codes)))
