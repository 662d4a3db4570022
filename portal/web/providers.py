"""What providers of messages call back with: receipts, and messages from phones. Nothing is believed unsigned."""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from portal.base.clock import now
from portal.cases import incoming
from portal.gateways.messages import Channel, Fate
from portal.gateways.payments import Forged, Said, Verdict
from portal.gateways.sms import esms, speedsms
from portal.gateways.zalo import zbs
from portal.notifications.policy import policy_from
from portal.notifications.receipts import receive_receipt
from portal.payments import actions
from portal.web.access import provider
from portal.web.citizen.paying import gateways
from portal.web.security import limiter
from portal.web.session import settings, writing

blueprint = Blueprint("providers", __name__, url_prefix="/nhan")
_LARGEST = 100_000


@blueprint.post("/zalo")
@provider
@limiter.limit("6000 per minute")
def zalo() -> Response:
    """Events of Zalo: that a message has arrived, that somebody writes to the account.

    When the address is saved Zalo sends an empty object, unsigned.
    """
    raw = request.get_data(cache=False, as_text=False)[:_LARGEST]
    if raw.strip() == b"{}":
        return Response(status=200)
    event = zbs.read_event(raw)
    env = settings().gateways
    times = [request.headers.get("X-ZEvent-Timestamp", ""), str(event.get("timestamp", ""))]
    signature = request.headers.get("X-ZEvent-Signature", "")
    if not zbs.is_genuine(raw, signature, times, env.get("ZALO_ZBS_APP_ID", ""), env.get("ZALO_ZBS_OA_SECRET", "")):
        abort(403)
    message = event.get("message") if isinstance(event.get("message"), dict) else {}
    if event.get("event_name") == "user_received_message" and isinstance(message, dict):
        _receipt(
            Channel.ZALO, "zbs", str(message.get("msg_id", "")), str(message.get("tracking_id", "")), Fate.DELIVERED
        )
    elif event.get("event_name") == "user_send_text" and isinstance(message, dict):
        _from_zalo(event.get("sender"), str(message.get("msg_id", ""))[:100], str(message.get("text", ""))[:500])
    return Response(status=200)


def _from_zalo(sender: object, number: str, text: str) -> None:
    user = str(sender.get("id", "")) if isinstance(sender, dict) else ""
    if number and text:
        with writing() as session:
            incoming.take(
                session, "zbs", number, incoming.zalo_asker(user), text, policy_from(settings().gateways), now()
            )


@blueprint.get("/esms/<token>")
@provider
@limiter.limit("6000 per minute")
def esms_report(token: str) -> Response:
    """A receipt of eSMS, which signs nothing: the secret is in the address."""
    _require(token)
    given = request.args
    fate = esms.fate_of(given.get("SendStatus", ""), given.get("SendSuccess", ""))
    _receipt(Channel.SMS, "esms", given.get("SMSID", "")[:100], given.get("RequestId", "")[:100], fate)
    return Response(status=200)


@blueprint.post("/speedsms/<token>")
@provider
@limiter.limit("6000 per minute")
def speedsms_report(token: str) -> Response:
    """A receipt of SpeedSMS."""
    _require(token)
    given: Any = request.get_json(silent=True)
    if isinstance(given, dict) and given.get("type") == "report":
        fate = speedsms.fate_of(given.get("status"))
        _receipt(Channel.SMS, "speedsms", str(given.get("tranId", ""))[:100], "", fate)
    return Response(status=200)


@blueprint.route("/thanh-toan/<gateway>", methods=["GET", "POST"])
@provider
@limiter.limit("600 per minute")
def payment_notice(gateway: str) -> Response:
    """What a payment gateway signs: taken once, refused where anything in it was changed."""
    found = gateways().get(gateway)
    if found is None or found.by_hand:
        abort(404)
    said = Said(request.args.to_dict(), request.get_data(cache=False)[:_LARGEST])
    outcome = None
    with writing() as session:
        try:
            outcome = found.read(said)
            verdict = actions.take(session, gateway, outcome, now())
        except Forged:
            verdict = Verdict.FORGED
            actions.note_forged(session, gateway, now())
    answer = found.reply(verdict, outcome, now())
    return Response(answer.body, mimetype=answer.kind)


@blueprint.route("/tin-nhan/<token>", methods=["GET", "POST"])
@provider
@limiter.limit("600 per minute")
def incoming_sms(token: str) -> Response:
    """A message from a phone: `id` of the provider, `phone`, `text`, by GET or as a form."""
    _require(token)
    number, phone, text = (request.values.get(name, "") for name in ("id", "phone", "text"))
    if number and phone and text:
        with writing() as session:
            asker = incoming.phone_asker(phone)
            incoming.take(session, "callback", number[:100], asker, text[:500], policy_from(settings().gateways), now())
    return Response(status=200)


def _receipt(channel: Channel, gateway: str, number: str, key: str, fate: Fate) -> None:
    with writing() as session:
        receive_receipt(session, channel, gateway, number, key or None, fate, policy_from(settings().gateways), now())


def _require(token: str) -> None:
    known = settings().gateways.get("CALLBACK_TOKEN", "")
    if not known or not hmac.compare_digest(token.encode(), known.encode()):
        abort(404)
