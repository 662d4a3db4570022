"""Keeping the portal running: calendars, outages, delegations, units, people, messages, operation."""

from portal.web.admin import (
    audit,
    calendars,
    certificates,
    delegations,
    messages,
    operation,
    outages,
    paper_templates,
    people,
    reasons,
    texts,
    units,
    zalo,
)
from portal.web.admin.blueprint import blueprint

__all__ = [
    "audit", "blueprint", "calendars", "certificates", "delegations", "messages", "operation", "outages",
    "paper_templates", "people", "reasons", "texts", "units", "zalo",
]  # fmt: skip
