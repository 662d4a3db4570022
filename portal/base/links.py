"""Addresses of pages for messages and papers, which are made where no web request is."""

from urllib.parse import urlencode


def procedure(base_url: str, code: str) -> str:
    """The public page of a procedure."""
    return f"{base_url}/thu-tuc/{code}"


def lookup(base_url: str, reference: str) -> str:
    """The public page where a case is looked up; the reference is in it, the secret is not."""
    return f"{base_url}/tra-cuu?{urlencode({'ma': reference})}"


def check_paper(base_url: str, code: str = "") -> str:
    """The public page where a paper is checked; what is asked for beside the code is not in it."""
    return f"{base_url}/kiem-tra/{code}" if code else f"{base_url}/kiem-tra"


def case(base_url: str, reference: str) -> str:
    """The page of a case, for whoever may see it."""
    return f"{base_url}/ho-so/{reference}"
