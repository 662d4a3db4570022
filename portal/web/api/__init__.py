"""The API for other programs: one file for each resource."""

from portal.web.api import cases, procedures
from portal.web.api.blueprint import blueprint

__all__ = ["blueprint", "cases", "procedures"]
