"""Choosing the agency that a page of configuration is about."""

from __future__ import annotations

from flask import abort, request
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.deadlines.actions import may_configure
from portal.web.session import actor, db

PROVINCE = ""


def options() -> dict[str, str]:
    """The agencies that this person configures, by key; "" is the whole province."""
    rows = db().scalars(select(Agency).where(Agency.is_active).order_by(Agency.kind.desc(), Agency.name))
    mine = {row.key: row.name for row in rows if may_configure(actor(), row.key)}
    return {PROVINCE: "Toàn tỉnh", **mine} if may_configure(actor(), None) else mine


def chosen(known: dict[str, str]) -> str | None:
    """The agency that the request asks for, None for the province; 404 where it is not one of `known`."""
    key = request.values.get("co-quan", next(iter(known), PROVINCE))
    if key not in known:
        abort(404)
    return key or None
