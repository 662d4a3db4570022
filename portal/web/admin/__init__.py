"""Keeping the portal running: calendars, outages, delegations, operation."""

from portal.web.admin import calendars, delegations, operation, outages
from portal.web.admin.blueprint import blueprint

__all__ = ["blueprint", "calendars", "delegations", "operation", "outages"]
