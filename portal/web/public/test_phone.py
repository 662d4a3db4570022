"""Điện thoại thử nghiệm: what the citizens' phones would show."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from redis import Redis

from portal.standins.phone import TestPhone
from portal.web.access import demo
from portal.web.session import settings

blueprint = Blueprint("test_phone", __name__)


@blueprint.get("/dien-thoai-thu-nghiem")
@demo
def inbox() -> Any:
    """The newest messages, by phone."""
    with Redis.from_url(settings().redis_url) as redis:
        messages = TestPhone(redis).inbox()
    return render_template("public/test_phone.html", messages=messages)
