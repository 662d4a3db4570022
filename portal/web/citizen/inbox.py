"""The inbox of a person, and how they want to be told."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid
from portal.gateways.messages import Channel
from portal.notifications import preferences
from portal.notifications.actions import latest, mark_read
from portal.notifications.log import CHANNEL_WORDS
from portal.notifications.policy import policy_from
from portal.notifications.texts import LANGUAGES
from portal.web.access import signed_in
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.session import account, actor, db, settings, writing

_FIRST = "first"


@blueprint.get("/bao-tin")
@signed_in
def inbox() -> str:
    """Everything that was told, and by which ways. Whoever looks has read it."""
    account_id = actor().account_id or 0
    notices = latest(db(), account_id)
    html = _page(notices, {})
    if any(notice.read_at is None for notice in notices):
        with writing() as session:
            mark_read(session, account_id, now())
    return html


@blueprint.post("/bao-tin")
@signed_in
def save_preferences() -> Any:
    """Keep the ways that were chosen: the one that comes first, then the others."""
    first = request.form.get(_FIRST, "")
    channels = sorted(request.form.getlist("channel"), key=lambda name: name != first)
    try:
        with writing() as session:
            preferences.save(session, actor().account_id or 0, channels, request.form.get("email", ""),
                             request.form.get("language", ""), account().phone, now())  # fmt: skip
    except Invalid as invalid:
        return _page(latest(db(), actor().account_id or 0), invalid.errors), 422
    flash("Đã lưu cách báo tin.")
    return redirect(url_for("cases.inbox"))


def _page(notices: list[Any], errors: dict[str, str]) -> str:
    found = preferences.preference_of(db(), actor().account_id or 0)
    # E-mail is used once there is an address.
    usual = [channel.value for channel in policy_from(settings().gateways).channels if channel is not Channel.EMAIL]
    chosen = request.form.getlist("channel") if errors else (found.channels if found else usual)
    return render_template(
        "citizen/inbox.html", notices=notices, errors=errors, chosen=chosen, first=chosen[0] if chosen else "",
        email=request.form.get("email", "") if errors else (found.email or "" if found else ""), phone=account().phone,
        language=found.language if found else "vi", languages=list(LANGUAGES.items()),
        channels=[(channel.value, CHANNEL_WORDS[channel]) for channel in Channel],
    )  # fmt: skip
