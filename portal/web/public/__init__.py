"""Pages for everyone: search, procedures, looking up a case."""

from portal.web.public import checking, lookup, procedures, views
from portal.web.public.blueprint import blueprint

__all__ = ["blueprint", "checking", "lookup", "procedures", "views"]
