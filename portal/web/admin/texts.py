"""The words of messages: what holds now, a preview on a case, what it costs, a new version, a test send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.administration.units import require_unit_keeper
from portal.base import links
from portal.base.clock import now
from portal.base.errors import Invalid
from portal.cases.references import mentioned
from portal.cases.words import EVENT_NAMES
from portal.gateways.messages import Channel
from portal.gateways.segments import folded, segments
from portal.notifications import texts as rules
from portal.notifications.compose import PLACEHOLDERS, TITLES
from portal.notifications.log import CHANNEL_WORDS
from portal.notifications.models import Lane, Message, MessageState, Notice
from portal.notifications.policy import Policy, policy_from
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db, settings, writing
from services_catalog.phones import phone_of

_SAMPLE = {"reference": "H37.21-260310-0001", "procedure": "Đăng ký khai sinh", "title": "Đã tiếp nhận",
           "status": "đã được tiếp nhận, dự kiến trả kết quả 15:00 thứ Sáu 27/11/2026.",
           "due": "15:00 thứ Sáu 27/11/2026", "amount": "50.000 đồng"}  # fmt: skip


@blueprint.get("/mau-tin")
@configurator
def texts() -> str:
    """The text of one purpose, channel and language."""
    require_unit_keeper(actor())
    return _page(*_chosen(request.args), errors={})


@blueprint.post("/mau-tin")
@configurator
def save_text() -> Any:
    """Look at a text, send it to oneself, or let it hold from now on."""
    require_unit_keeper(actor())
    purpose, channel, language = _chosen(request.form)
    text = request.form.get("text", "")
    do = request.form.get("do") if request.form.get("do") in ("save", "send") else "preview"
    try:
        with writing() as session:
            sample, policy = _values(purpose, language), _policy()
            row = rules.save(session, purpose, channel, language, text, sample, by=actor(), now=now(),
                             with_accents=policy.sms_with_accents)  # fmt: skip
            if do == "save":
                audit.record(session, actor(), Subject.TEXT, f"{purpose}, {channel}, {language}", "Sửa mẫu tin", now())
            else:
                session.delete(row)
            if do == "send":
                session.add(_test_message(channel, language, rules.fill(row.text, sample), policy))
    except Invalid as invalid:
        return _page(purpose, channel, language, errors=invalid.errors, text=text), 422
    if do == "preview":
        return _page(purpose, channel, language, errors={}, text=text)
    flash("Mẫu tin mới đã dùng." if do == "save" else "Tin thử đã vào hàng gửi.")
    where = {"viec": purpose, "kenh": channel.value, "ngon-ngu": language}
    return redirect(url_for("admin.texts", **where))  # type: ignore[arg-type]


def _chosen(given: Mapping[str, str]) -> tuple[str, Channel, str]:
    purpose, channel, language = given.get("viec", ""), given.get("kenh", ""), given.get("ngon-ngu", "")
    return (
        purpose if purpose in TITLES else "case.accepted",
        Channel(channel) if channel in rules.WRITTEN else Channel.SMS,
        language if language in rules.LANGUAGES else "vi",
    )


def _page(purpose: str, channel: Channel, language: str, *, errors: dict[str, str], text: str | None = None) -> str:
    shown = text if text is not None else rules.template_of(db(), purpose, channel, language)
    policy = _policy()
    filled = rules.fill(shown, _values(purpose, language)) if not errors else ""
    sent = filled if channel is not Channel.SMS or policy.sms_with_accents else folded(filled)
    return render_template(
        "admin/texts.html", purpose=purpose, channel=channel, language=language, text=shown, sent=sent, errors=errors,
        count=segments(sent), price=policy.sms_price_vnd, PLACEHOLDERS=PLACEHOLDERS, typed=request.values,
        versions=rules.versions_of(db(), purpose, channel, language), languages=list(rules.LANGUAGES.items()),
        purposes=[(key, EVENT_NAMES[key]) for key in TITLES],
        channels=[(c.value, CHANNEL_WORDS[c]) for c in rules.WRITTEN],
    )  # fmt: skip


def _values(purpose: str, language: str) -> dict[str, str]:
    """What stands for the placeholders: of a case, where one is named that has such a notice, else of a sample."""
    reference = mentioned(request.values.get("ho-so", ""))
    query = select(Notice.facts).where(Notice.reference == reference, Notice.purpose == purpose)
    facts = db().scalar(query.order_by(Notice.id.desc()).limit(1)) if reference else None
    found = dict((facts or {}).get(language) or _SAMPLE)
    return {**found, "link": links.case(settings().base_url, found["reference"])}


def _test_message(channel: Channel, language: str, text: str, policy: Policy) -> Message:
    """A message to the address that was typed. Raises `Invalid`."""
    typed = request.form.get("to", "").strip()
    address = phone_of(typed) if channel is Channel.SMS else typed if "@" in typed else None
    if not address:
        raise Invalid({"to": "Hãy ghi nơi nhận tin thử: số điện thoại, hoặc thư điện tử."})
    at = now()
    sent = text if channel is not Channel.SMS or policy.sms_with_accents else folded(text)
    return Message(key=f"t{actor().account_id}-{at:%y%m%d%H%M%S%f}", purpose="test", channel=channel, lane=Lane.NORMAL,
                   address=address, subject="Tin thử", text=sent, state=MessageState.WAITING, next_try_at=at,
                   event_at=at, created_at=at)  # fmt: skip


def _policy() -> Policy:
    return policy_from(settings().gateways)
