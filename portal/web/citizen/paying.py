"""Paying for a case: what is owed line by line, by which way, and what became of it."""

from __future__ import annotations

from typing import Any

import segno
from flask import current_app, flash, redirect, render_template, request, url_for
from markupsafe import Markup

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import paying, queries
from portal.cases.models import Case
from portal.cases.receipt_paper import receipt_content
from portal.documents import uploads
from portal.documents.models import Scan
from portal.gateways.messages import SendingError
from portal.gateways.payments import PaymentGateway
from portal.outbox.actions import announce
from portal.payments import actions, ledger, receipts, refunds
from portal.payments.models import Payment, PaymentReceipt, PaymentState
from portal.payments.queries import REFUND_WORDS, STATE_WORDS
from portal.web.access import public, signed_in
from portal.web.citizen.blueprints import cases as blueprint
from portal.web.files import download_response, pdf_response, prepare
from portal.web.security import limiter
from portal.web.session import actor, current_actor, db, settings, storage, writing
from services_catalog.number_words import money_in_words

_WAITING = (PaymentState.PENDING, PaymentState.CLAIMED)


@blueprint.get("/ho-so/<reference>/nop-tien")
@signed_in
def payment(reference: str) -> str:
    """What is owed and how to pay it."""
    return _page(own_case(reference))


@blueprint.post("/ho-so/<reference>/nop-tien")
@signed_in
@limiter.limit("30 per hour", key_func=lambda: str(actor().account_id))
def begin_payment(reference: str) -> Any:
    """Begin with one of the ways: to the page of the gateway, or to the code to scan."""
    case = own_case(reference)
    try:
        begun = begin(case, request.form.get("way", ""))
    except Refusal as refusal:
        return _page(case, refusal.message), 409
    except SendingError:
        sorry = (
            "Cổng thanh toán này đang không trả lời, chưa có khoản tiền nào bị trừ. Hãy chọn cách khác hoặc thử lại."
        )
        return _page(case, sorry), 503
    return redirect(begun.url or url_for("cases.payment_code", reference=case.reference, payment_id=begun.id))


@blueprint.get("/ho-so/<reference>/nop-tien/<int:payment_id>")
@signed_in
def payment_code(reference: str, payment_id: int) -> str:
    """The code to scan for a transfer; or what became of a payment."""
    return _code_page(own_case(reference), payment_id, {})


@blueprint.post("/ho-so/<reference>/nop-tien/<int:payment_id>/da-chuyen")
@signed_in
def claim_payment(reference: str, payment_id: int) -> Any:
    """The payer says that they have transferred it."""
    case = own_case(reference)
    paying.payment_of_case(db(), case, payment_id)
    try:
        proof = _proof()
        with writing() as session:
            kept = (storage().put(proof.content), proof.media_type) if proof else None
            actions.claim(session, payment_id, request.form.get("note", ""), kept)
    except Invalid as invalid:
        return _code_page(case, payment_id, invalid.errors), 422
    flash("Đã ghi nhận. Kế toán đối chiếu với sao kê ngân hàng rồi xác nhận; bạn không phải nộp lại.")
    return redirect(url_for("cases.payment", reference=case.reference))


@blueprint.get("/nop-tien/ve/<gateway>")
@public
@limiter.limit("60 per minute")
def payment_returned(gateway: str) -> Any:
    """A browser comes back. What it brings only says which payment it was; the gateway is asked what became of it."""
    found = gateways().get(gateway)
    key = found.returned(request.args) if found else None
    with writing() as session:
        known = actions.payment_with(session, gateway, key or "")
        if known is None:
            raise NotFound("Không tìm thấy lần nộp tiền này. Hãy vào hồ sơ để xem đã nộp hay chưa.")
        if known.state in _WAITING:
            announce(session, "payment.returned", known.id, now())
        case = session.get_one(Case, known.case_id)
        reference, applicant_id = case.reference, case.applicant_id
    person = current_actor()
    if person is None or person.account_id != applicant_id:  # somebody else's phone, or the session is over
        return render_template("public/payment_returned.html", payment=known, way_words=way_words)
    return redirect(url_for("cases.payment_code", reference=reference, payment_id=known.id))


@blueprint.get("/ho-so/<reference>/bien-lai/<int:receipt_id>.pdf")
@signed_in
def payment_receipt(reference: str, receipt_id: int) -> Any:
    """A receipt as PDF; for the payer and for staff of the case."""
    found = _receipt_of(reference, receipt_id)
    return pdf_response(receipt_pdf(found), f"bien-lai-{found.symbol}-{found.number:07d}.pdf".replace("/", "-"))


@blueprint.get("/ho-so/<reference>/bien-lai/<int:receipt_id>.xml")
@signed_in
def payment_receipt_data(reference: str, receipt_id: int) -> Any:
    """A receipt as data."""
    found = _receipt_of(reference, receipt_id)
    return download_response(receipts.as_xml(found), "application/xml", f"bien-lai-{found.number:07d}.xml")


def _proof() -> uploads.Prepared | None:
    """The picture of the transfer, if one was sent along. Raises `Invalid` at "proof"."""
    file = request.files.get("proof")
    if file is None or not file.filename:
        return None
    try:
        found = prepare(uploads.Incoming(file.filename, file.stream.read()))
    except Refusal as refusal:
        raise Invalid({"proof": refusal.message}) from refusal
    if found.scan == Scan.WAITING:
        raise Invalid({"proof": "Máy quét mã độc đang bận. Hãy thử lại sau ít phút, hoặc gửi không kèm ảnh."})
    return found


def gateways() -> dict[str, PaymentGateway]:
    """The ways to pay online, as configured."""
    found: dict[str, PaymentGateway] = current_app.extensions["payment_gateways"]
    return found


def begin(case: Case, way: str) -> Payment:
    """Begin a payment of this case by a gateway. Raises `Refusal`, and `SendingError` where it does not answer."""
    gateway = gateways().get(way)
    if gateway is None:
        raise Refusal("no_way", "Hãy chọn một cách nộp tiền.")
    with writing() as session:
        owed = paying.require_payable(session, paying.locked(session, case.id))
        begun = actions.begin(session, owed, gateway, by=actor(), now=now())
    if not begun.url and not begun.qr:
        back = settings().base_url + url_for("cases.payment_returned", gateway=way)
        order = actions.order_of(begun, owed, ip=request.remote_addr or "", return_url=back)
        started = gateway.start(order)
        with writing() as session:
            begun = actions.locked(session, begun.id)
            begun.url, begun.qr = started.url or None, started.qr or None
    return begun


def own_case(reference: str) -> Case:
    """A case of this applicant. Raises `NotFound`."""
    case = queries.case_for(db(), actor(), reference)
    if case.applicant_id != actor().account_id:
        raise NotFound("Không tìm thấy hồ sơ.")
    return case


def qr_picture(text: str) -> Markup:
    """A QR code as a picture in the page."""
    return Markup(segno.make(text, error="m").svg_inline(border=2, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704


def receipt_pdf(found: PaymentReceipt) -> bytes:
    """The receipt on paper."""
    return receipt_content(db(), storage(), found, settings().base_url)


def _receipt_of(reference: str, receipt_id: int) -> PaymentReceipt:
    case = queries.case_for(db(), actor(), reference)
    found = db().get(PaymentReceipt, receipt_id)
    if found is None or found.case_id != case.id:
        raise NotFound("Không tìm thấy biên lai này.")
    return found


def _page(case: Case, problem: str = "") -> str:
    session = db()
    session.rollback()
    case = queries.case_for(session, actor(), case.reference)
    owed = paying.payable(session, case)
    return render_template(
        "citizen/payment.html", case=case, owed=owed, bill=ledger.open_bill(session, case.id), ways=gateways(),
        assessed=paying.assessed(session, case), balance=ledger.balance(session, case.id),
        tries=paying.payments_of(session, case.id), receipts=receipts.of_case(session, case.id), problem=problem,
        STATE_WORDS=STATE_WORDS, REFUND_WORDS=REFUND_WORDS, refunds=refunds.of_case(session, case.id),
        way_words=way_words, in_words=money_in_words(owed.amount_vnd) if owed else "",
    )  # fmt: skip


def _code_page(case: Case, payment_id: int, errors: dict[str, str]) -> str:
    found = paying.payment_of_case(db(), case, payment_id)
    return render_template(
        "citizen/payment_code.html", case=case, payment=found, errors=errors, typed=request.form,
        picture=qr_picture(found.qr) if found.qr else "", way=gateways().get(found.gateway), way_words=way_words,
        STATE_WORDS=STATE_WORDS, is_waiting=found.state == PaymentState.PENDING and not found.qr,
        download=segno.make(found.qr, error="m").png_data_uri(scale=8, border=4) if found.qr else "",
        is_owed=paying.payable(db(), case) is not None,
    )  # fmt: skip


def way_words(name: str) -> str:
    """What a way of paying is called."""
    gateway = gateways().get(name)
    return gateway.label if gateway else actions.WAY_WORDS.get(name, name)
