"""What a person had typed when the session ended: carried, signed, through the page of signing in.

Nothing is stored for somebody who is not known; whoever signs in gets it into the draft only if it is their own.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.base.clock import now
from portal.base.errors import Refusal
from portal.cases import drafts
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from portal.web.forms.builder import posted_texts
from portal.web.session import settings, writing

# The pages whose texts belong to a draft.
_ENDPOINTS = frozenset({"drafts.save_step"})
_SECONDS = 3600


def held() -> str | None:
    """The texts of the page that was just sent, sealed; None where there are none to keep."""
    if request.endpoint not in _ENDPOINTS or request.view_args is None:
        return None
    kept = {"draft": str(request.view_args["draft_id"]), "base": request.form.get("revision", type=int),
            "texts": posted_texts()}  # fmt: skip
    return _serializer().dumps(kept)


def put_back(sealed: str, actor: Actor) -> bool:
    """Keep the texts in their draft, if it is this person's; True where they are kept."""
    try:
        kept: dict[str, Any] = _serializer().loads(sealed, max_age=_SECONDS)
        draft_id, texts = uuid.UUID(kept["draft"]), {str(n): str(t) for n, t in kept["texts"].items()}
    except (BadData, KeyError, ValueError, AttributeError):
        return False
    try:
        with writing() as session:
            draft = drafts.draft_for(session, actor, draft_id, lock=True)
            form = publishing.version(session, draft.version_id).form
            drafts.keep(draft, form, texts, kept["base"] if kept["base"] is not None else draft.revision, now())
    except Refusal:
        return False
    return True


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="held")
