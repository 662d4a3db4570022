"""Keeping the portal running: calendars, outages, delegations, units, people, messages, operation."""

from portal.web.admin import (
    audit,
    calendars,
    delegations,
    messages,
    operation,
    outages,
    people,
    reasons,
    texts,
    units,
    zalo,
)
from portal.web.admin.blueprint import blueprint

__all__ = [
    "audit", "blueprint", "calendars", "delegations", "messages", "operation", "outages", "people", "reasons", "texts",
    "units", "zalo",
]  # fmt: skip
