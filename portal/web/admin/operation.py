"""The operator's page: is everything running, what is stuck, what was parked."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for

from portal.base.clock import now
from portal.base.errors import NotFound
from portal.cases.shifts import shifts_declared
from portal.cases.stuck import set_going, stuck
from portal.documents import scanning
from portal.gateways.antivirus import Scanner, ScannerDown
from portal.notifications.log import alarms
from portal.outbox.actions import try_again
from portal.outbox.queries import backlog, troubled
from portal.outbox.ticks import is_late, ticks
from portal.payments.queries import alarms as payment_alarms
from portal.web.access import operator
from portal.web.admin.blueprint import blueprint
from portal.web.health import check
from portal.web.session import db, settings, writing


@blueprint.get("/van-hanh")
@operator
def operation() -> str:
    """Everything on one page."""
    session, at = db(), now()
    return render_template(
        "admin/operation.html", health=check(settings()), backlog=backlog(session), stuck=stuck(session, at),
        alarms=[*alarms(session, at), *payment_alarms(session, at)], troubled=troubled(session),
        ticks=[(tick, is_late(tick, at)) for tick in ticks(session)],
        scanner=_scanner(), unscanned=scanning.waiting_count(session),
        quarantined=scanning.quarantined(session, scanning.a_month_before(at)),
        shifting=[shift for shift, _, _ in shifts_declared(session) if shift.finished_at is None], now=at,
    )  # fmt: skip


def _scanner() -> str | None:
    """What the scanner says of itself, None where files are not scanned at all."""
    scanner: Scanner | None = current_app.extensions["scanner"]
    if scanner is None:
        return None
    try:
        return scanner.version()
    except ScannerDown:
        return "không trả lời"


@blueprint.post("/van-hanh/viec/<int:delivery_id>/lam-lai")
@operator
def retry(delivery_id: int) -> Any:
    """Have failing or parked work tried at once."""
    with writing() as session:
        if not try_again(session, delivery_id, now()):
            raise NotFound("Không có việc chưa xong mang số này.")
    flash(f"Việc {delivery_id} được làm lại ngay.")
    return redirect(url_for("admin.operation"))


@blueprint.post("/van-hanh/ho-so-ket/lam-lai")
@operator
def retry_stuck() -> Any:
    """Set going again all cases that wait for the machine too long."""
    with writing() as session:
        found = set_going(session, now())
    flash(
        f"Đã giao lại cho máy: {', '.join(found)}."
        if found
        else "Việc của các hồ sơ này đang chờ làm, không cần giao lại."
    )
    return redirect(url_for("admin.operation"))
