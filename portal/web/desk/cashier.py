"""Taking money at the counter: cash, card, or a code that the person scans with their own phone."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import Invalid, Refusal, Stale
from portal.cases import paying
from portal.gateways.messages import SendingError
from portal.payments import actions
from portal.payments.queries import STATE_WORDS
from portal.web.access import staff
from portal.web.citizen.paying import begin, gateways, qr_picture
from portal.web.desk.blueprint import blueprint
from portal.web.desk.case import case_of, page
from portal.web.session import actor, db, writing


@blueprint.post("/ho-so/<reference>/thu-tien")
@staff
def collect(reference: str) -> Any:
    """Take what is owed, all of it, and say by which way."""
    case = case_of(reference)
    paying.require_collector(actor(), case)
    way = request.form.get("way", "")
    try:
        if way in gateways():
            begun = begin(case, way)
            return redirect(url_for("desk.scan_code", reference=case.reference, payment_id=begun.id))
        with writing() as session:
            owed = paying.require_payable(session, paying.locked(session, case.id))
            if request.form.get("amount", type=int) != owed.amount_vnd:
                raise Stale("Số tiền phải nộp vừa thay đổi. Hãy xem lại rồi thu.")
            actions.take_at_counter(session, owed, way, request.form.get("note", ""), by=actor(), now=now())
    except Invalid as invalid:
        return page(case_of(reference), errors=invalid.errors), 422
    except Refusal as refusal:
        return page(case_of(reference), refusal=refusal.message), 409
    except SendingError:
        return page(case_of(reference), refusal="Cổng thanh toán này đang không trả lời. Hãy chọn cách khác."), 503
    flash("Đã thu đủ. Biên lai lập xong trong giây lát, in ở mục Tiền.")
    return redirect(url_for("desk.show", reference=case.reference, _anchor="tien"))


@blueprint.get("/ho-so/<reference>/thu-tien/<int:payment_id>")
@staff
def scan_code(reference: str, payment_id: int) -> str:
    """The code for the person to scan, large; or the address of the gateway's page as a code."""
    case = case_of(reference)
    paying.require_collector(actor(), case)
    found = paying.payment_of_case(db(), case, payment_id)
    text = found.qr or found.url or ""
    return render_template("desk/scan_code.html", case=case, payment=found, picture=qr_picture(text) if text else "",
                           STATE_WORDS=STATE_WORDS)  # fmt: skip
