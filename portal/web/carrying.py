"""What pages of a case show of the post, for applicants and for the desk."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.cases.models import Case
from portal.posting import actions
from portal.web.session import settings


def carrying(session: Session, case: Case) -> dict[str, Any]:
    """The orders of a case, and what may be ordered where there is a carrier."""
    orders = actions.orders_of(session, case.id)
    has_carrier = bool(settings().gateways.get("POST_PROVIDER"))
    return {
        "orders": orders, "ways_to_carry": actions.ways_open(case, orders) if has_carrier else [],
        "WAY_NAMES": actions.WAY_NAMES, "ORDER_NAMES": actions.STATE_NAMES,
    }  # fmt: skip
