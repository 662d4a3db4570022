"""Keeping the catalogue: editing, approving, importing, checking, making things findable."""

from portal.web.catalog import editor, exchange, form_editor, overview, ready, searches, versions
from portal.web.catalog.blueprint import blueprint

__all__ = ["blueprint", "editor", "exchange", "form_editor", "overview", "ready", "searches", "versions"]
