"""Which procedures have what going fully online needs."""

from __future__ import annotations

from collections import Counter

from flask import render_template, request

from portal.publishing import queries as publishing
from portal.web.access import catalog_keeper
from portal.web.catalog.blueprint import blueprint
from portal.web.session import db
from services_catalog.loader import library
from services_catalog.readiness import Readiness, Standing, readiness

_PAGE = 50


@blueprint.get("/san-sang")
@catalog_keeper
def ready() -> str:
    """Readiness of the catalogue in force, the least ready first."""
    found = [readiness(published.procedure, library()) for published in publishing.all_published(db())]
    chosen = request.args.get("muc", "")
    shown = [item for item in found if _has(item, chosen)]
    shown.sort(key=lambda item: (item.is_ready, -item.defaults, item.procedure.code))
    page = min(max(1, request.args.get("trang", 1, type=int)), max(1, -(-len(shown) // _PAGE)))
    return render_template(
        "catalog/ready.html", items=shown[(page - 1) * _PAGE : page * _PAGE], total=len(found), shown=len(shown),
        ready=sum(item.is_ready for item in found), counts=_counts(found), chosen=chosen, page=page,
        pages=max(1, -(-len(shown) // _PAGE)),
    )  # fmt: skip


def _has(item: Readiness, chosen: str) -> bool:
    """True if the procedure has the standing "title:standing" that is chosen, or nothing is."""
    return not chosen or chosen in {f"{need.title}:{need.standing}" for need in item.needs}


def _counts(found: list[Readiness]) -> dict[str, Counter[Standing]]:
    counts: dict[str, Counter[Standing]] = {}
    for item in found:
        for need in item.needs:
            counts.setdefault(need.title, Counter())[need.standing] += 1
    return counts
