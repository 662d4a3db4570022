"""Keeping the catalogue: editing, approving, importing, checking."""

from portal.web.catalog import editor, exchange, overview, ready, versions
from portal.web.catalog.blueprint import blueprint

__all__ = ["blueprint", "editor", "exchange", "overview", "ready", "versions"]
