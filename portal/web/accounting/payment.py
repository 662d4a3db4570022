"""One payment: its account, its receipt, transfers that are looked for in the statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import paying
from portal.gateways.messages import SendingError
from portal.gateways.payment.national import National
from portal.outbox.actions import announce
from portal.payments import actions, ledger, queries, receipts, refunds
from portal.payments.models import Payment, PaymentReceipt, PaymentState, Refund
from portal.web.access import accountant
from portal.web.accounting.blueprint import blueprint
from portal.web.accounting.overview import agency_names, references
from portal.web.citizen.paying import gateways, receipt_pdf, way_words
from portal.web.files import file_response, pdf_response
from portal.web.session import actor, db, settings, storage, writing


@blueprint.get("/nop/<int:payment_id>")
@accountant
def payment(payment_id: int) -> str:
    """One payment with all that belongs to it."""
    return _page(payment_id, {})


@blueprint.post("/nop/<int:payment_id>/xac-nhan")
@accountant
def confirm(payment_id: int) -> Any:
    """The transfer is in the account."""
    return _do(payment_id, "Đã ghi nhận tiền.", lambda session: actions.confirm(
        session, payment_id, request.form.get("note", ""), by=actor(), now=now()))  # fmt: skip


@blueprint.post("/nop/<int:payment_id>/khong-thay")
@accountant
def not_found(payment_id: int) -> Any:
    """The transfer is not in the account."""
    return _do(payment_id, "Đã báo người nộp.", lambda session: actions.refuse(
        session, payment_id, request.form.get("note", ""), by=actor(), now=now()))  # fmt: skip


@blueprint.post("/nop/<int:payment_id>/hoi")
@accountant
def ask(payment_id: int) -> Any:
    """Have the gateway asked now."""
    return _do(payment_id, "Đang hỏi cổng thanh toán; tải lại trang sau vài giây.",
               lambda session: announce(session, "payment.returned", payment_id, now()))  # fmt: skip


@blueprint.post("/nop/<int:payment_id>/hoan-tien")
@accountant
def ask_refund(payment_id: int) -> Any:
    """Ask that money goes back; somebody else decides."""
    return _do(payment_id, "Đã đề nghị hoàn tiền, chờ người thứ hai duyệt.", lambda session: refunds.ask(
        session, payment_id, request.form.get("amount", ""), request.form.get("reason", ""), by=actor(),
        now=now()))  # fmt: skip


@blueprint.post("/bien-lai/<int:receipt_id>/huy")
@accountant
def cancel_receipt(receipt_id: int) -> Any:
    """The receipt does not stand any more."""
    found = _receipt(receipt_id)
    return _do(found.payment_id, "Đã hủy biên lai.", lambda session: receipts.cancel(
        session, receipt_id, request.form.get("end_reason", ""), by=actor(), now=now()))  # fmt: skip


@blueprint.post("/bien-lai/<int:receipt_id>/thay")
@accountant
def replace_receipt(receipt_id: int) -> Any:
    """Another receipt in its place, with the payer put right."""
    found = _receipt(receipt_id)
    return _do(found.payment_id, "Đã lập biên lai thay thế.", lambda session: receipts.replace(
        session, receipt_id, request.form, request.form.get("end_reason", ""), settings().gateways, by=actor(),
        now=now()))  # fmt: skip


@blueprint.get("/nop/<int:payment_id>/chung-tu.pdf")
@accountant
def gateway_bill(payment_id: int) -> Any:
    """The gateway's own voucher, where it gives one."""
    found = _payment(payment_id)
    gateway = gateways().get(found.gateway)
    if not isinstance(gateway, National) or found.state != PaymentState.PAID:
        raise NotFound("Cổng thanh toán này không cấp chứng từ.")
    try:
        return pdf_response(gateway.bill(actions.order_of(found), now()), f"chung-tu-{found.key}.pdf")
    except SendingError as error:
        raise Refusal("no_answer", "Cổng thanh toán chưa trả lời. Hãy thử lại sau.") from error


@blueprint.get("/nop/<int:payment_id>/anh-chuyen-khoan")
@accountant
def proof(payment_id: int) -> Any:
    """The picture of the transfer that the payer has sent along."""
    found = _payment(payment_id)
    if not found.proof_sha256 or not found.proof_type:
        raise NotFound("Người nộp không gửi kèm ảnh.")
    return file_response(storage().get(found.proof_sha256), found.proof_type, f"chuyen-khoan-{found.key}")


@blueprint.get("/bien-lai/<int:receipt_id>.pdf")
@accountant
def receipt_paper(receipt_id: int) -> Any:
    """A receipt as PDF."""
    found = _receipt(receipt_id)
    _payment(found.payment_id)
    return pdf_response(receipt_pdf(found), f"bien-lai-{found.number:07d}.pdf")


@blueprint.post("/nop-thua/<int:payment_id>/de-tru")
@accountant
def keep_credit(payment_id: int) -> Any:
    """What was paid too much stays for what the case may still owe."""
    found = _payment(payment_id)
    return _do(payment_id, "Đã ghi: để trừ vào khoản sau của hồ sơ.", lambda session: refunds.keep_as_credit(
        session, found.case_id, request.form.get("credit_reason", ""), by=actor(), now=now()))  # fmt: skip


def _do(payment_id: int, done: str, work: Callable[[Session], object]) -> Any:
    case_id = _payment(payment_id).case_id
    try:
        with writing() as session:
            paying.require_not_own(session, actor(), case_id)
            work(session)
    except Invalid as invalid:
        errors = {_field(name): sentence for name, sentence in invalid.errors.items()}
        return _page(payment_id, errors), 422
    except Refusal as refusal:
        return _page(payment_id, {}, refusal.message), 409
    flash(done)
    return redirect(url_for("accounting.payment", payment_id=payment_id))


def _field(name: str) -> str:
    """The input of the page in which the reason of this form is."""
    other = "end_reason" if "/bien-lai/" in request.path else "credit_reason" if "/nop-thua/" in request.path else name
    return other if name == "reason" else name


def _page(payment_id: int, errors: dict[str, str], problem: str = "") -> str:
    db().rollback()
    found = _payment(payment_id)
    given = db().query(Refund).filter(Refund.payment_id == payment_id).order_by(Refund.id.desc()).all()
    return render_template(
        "accounting/payment.html", p=found, q=queries, way_words=way_words, errors=errors, problem=problem,
        typed=request.form,
        has_voucher=isinstance(gateways().get(found.gateway), National), left=refunds.left_of(db(), found),
        balance=ledger.balance(db(), found.case_id),
        refunds=given,
        entries=ledger.entries_of(db(), found.case_id),
        receipts=[one for one in receipts.of_case(db(), found.case_id) if one.payment_id == payment_id],
        reference=references([found.case_id])[found.case_id],
        agency=agency_names([found.agency_key])[found.agency_key],
    )  # fmt: skip


def _payment(payment_id: int) -> Payment:
    found = db().get(Payment, payment_id)
    if found is None or not queries.may_see(actor(), found.agency_key):
        raise NotFound("Không tìm thấy lần nộp tiền này.")
    return found


def _receipt(receipt_id: int) -> PaymentReceipt:
    found = db().get(PaymentReceipt, receipt_id)
    if found is None:
        raise NotFound("Không tìm thấy biên lai này.")
    return found
