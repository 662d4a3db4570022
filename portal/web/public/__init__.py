"""Pages for everyone: search, procedures, looking up a case."""

from portal.web.public import lookup, procedures, views
from portal.web.public.blueprint import blueprint

__all__ = ["blueprint", "lookup", "procedures", "views"]
