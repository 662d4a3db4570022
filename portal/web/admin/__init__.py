"""Keeping the portal running: calendars, outages, delegations, operation."""

from portal.web.admin import audit, calendars, delegations, operation, outages, people, reasons, units
from portal.web.admin.blueprint import blueprint

__all__ = ["audit", "blueprint", "calendars", "delegations", "operation", "outages", "people", "reasons", "units"]
