"""The page of a procedure, its checklist, and the code that leads to it."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Response, redirect, render_template, url_for

from portal.base import links
from portal.base.clock import local_day, now
from portal.base.errors import NotFound
from portal.cases.handling import handling_times
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.access import public
from portal.web.public.blueprint import blueprint
from portal.web.public.linked_data import government_service
from portal.web.session import db, settings
from services_catalog import words
from services_catalog.fees import fees_due
from services_catalog.loader import library, office_calendar

_WEEK = "public, max-age=604800"


@blueprint.get("/thu-tuc/<code>")
@public
def procedure(code: str) -> Any:
    """All that a person should know before starting."""
    national = code[:8]
    if code != national:
        return redirect(url_for("public.procedure", code=national))
    return procedure_page(find(national))


@blueprint.get("/thu-tuc/<code>/chuan-bi")
@public
def checklist(code: str) -> Any:
    """What to have at hand, to be ticked off on screen or on paper."""
    if code != code[:8]:
        return redirect(url_for("public.checklist", code=code[:8]))
    return render_template("public/checklist.html", **facts_of(find(code)))


@blueprint.get("/thu-tuc/<code>/qr.svg")
@public
def qr(code: str) -> Response:
    """The address of the page as a QR code."""
    target = io.BytesIO()
    segno.make(links.procedure(settings().base_url, find(code).procedure.code), error="m").save(
        target, kind="svg", scale=4, border=2, xmldecl=False
    )
    response = Response(target.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = _WEEK
    return response


def find(code: str) -> Published:
    """The published procedure. Raises `NotFound`."""
    published = publishing.published(db(), code)
    if published is None:
        raise NotFound("Không có thủ tục này. Hãy tìm theo tên.")
    return published


def procedure_page(published: Published, *, is_preview: bool = False) -> str:
    """The page; a preview shows a version that is not in force and offers no application."""
    facts = facts_of(published)
    data = government_service(
        published, [found.agency.name for found in facts["agencies"]], settings().base_url, local_day(now())
    )
    return render_template("public/procedure.html", **facts, linked_data=data, is_preview=is_preview)


def facts_of(published: Published) -> dict[str, Any]:
    """What both the page and the checklist say."""
    p, today = published.procedure, local_day(now())
    agencies = publishing.offering_agencies(db(), p.code)
    return {
        "p": p,
        "sector": published.sector,
        "form": published.form,
        "workflow": published.workflow,
        "agencies": agencies,
        "is_online": any(found.level != "information" for found in agencies),
        "fees": fees_due(p.fees, today),
        "coming_fees": [fee for fee in p.fees if fee.valid_from and fee.valid_from > today],
        "defaults": library().defaults,
        "times": handling_times(db(), p.code, now()),
        "cutoff": f"{office_calendar()[0].same_day_cutoff:%H:%M}",
        "address": links.procedure(settings().base_url, p.code),
        "words": words,
    }
