"""The consent of the official account at Zalo: an administrator of the account gives it, an operator begins it here."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from flask import abort, current_app, flash, redirect, request, session, url_for

from portal.administration import audit
from portal.administration.audit import Subject
from portal.base.clock import now
from portal.gateways.messages import Channel, SendingError
from portal.gateways.zalo.zbs import Zbs
from portal.notifications.routes import routes_from
from portal.notifications.tokens import with_tokens
from portal.web.access import operator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, settings, writing

_STATE = "zalo_consent"


@blueprint.get("/zalo/cap-quyen")
@operator
def zalo_consent() -> Any:
    """Lead to Zalo; Zalo leads back here with a code that is changed into tokens, once."""
    account = _account()
    if "code" not in request.args:
        session[_STATE] = secrets.token_urlsafe(16)
        back_to = settings().base_url + url_for("admin.zalo_consent")
        return redirect(account.consent_url(back_to, session[_STATE]))
    begun = session.pop(_STATE, "")
    if not begun or not hmac.compare_digest(begun.encode(), request.args.get("state", "").encode()):
        abort(403)
    try:
        account.take_consent(request.args["code"][:500])
    except SendingError as error:
        flash(f"Zalo không nhận sự đồng ý này ({error.code}). Hãy làm lại.")
    else:
        with writing() as transaction:
            audit.record(transaction, actor(), Subject.MESSAGE, account.name, "Cấp quyền gửi tin Zalo", now())
        flash("Đã được cấp quyền gửi tin qua Zalo.")
    return redirect(url_for("admin.messages"))


def _account() -> Zbs:
    prepare = with_tokens(current_app.extensions["database"], settings().secret_key, now)
    found = routes_from(settings().gateways, prepare=prepare).gateway(Channel.ZALO, "zbs")
    return found if isinstance(found, Zbs) else abort(404)
