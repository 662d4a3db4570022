"""How kinds of outgoing papers are called."""

from portal.issuing.signing import COPY
from services_catalog.loader import library


def kind_names() -> dict[str, str]:
    """The names of all books of the register, by their keys."""
    return {**library().papers, COPY: "Bản sao y"}
