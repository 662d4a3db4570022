"""One log line for each request, with an id that other lines of the request share."""

from __future__ import annotations

import re
import time
import uuid
from datetime import date

import structlog
from flask import Flask, Response, g, request

from portal.base.logs import logger

_log = logger("portal.web")
_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


def day_in(text: str | None) -> date | None:
    """The day of a date input, or None where there is none."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def install(app: Flask) -> None:
    """Request ids and the request log. Paths hold no personal data; query strings may, so they are not logged."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _ID.match(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        if request.view_args and "reference" in request.view_args:
            structlog.contextvars.bind_contextvars(case=request.view_args["reference"])

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if request.endpoint not in ("static", "health.healthz"):
            took = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
            _log.info("request", method=request.method, path=request.path, status=response.status_code,
                      ms=round(took, 1))  # fmt: skip
        return response
