"""Biên lai: a number without gaps for each payment, what it says in figures and in words, cancelling and replacing.

Content after NĐ 123/2020, Điều 30 to 32: form, symbol, number of at most 7 digits, the agency with its tax code, the
payer, each fee, the sum in words, the day. Form and symbol are settings, because each tax office gives its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Invalid, NotFound, Refusal
from portal.identity.actor import Actor
from portal.outbox.actions import announce
from portal.payments import ledger
from portal.payments.models import Payment, PaymentReceipt, PaymentState, ReceiptSeries, ReceiptState
from services_catalog.number_words import money_in_words
from services_catalog.text import nfc

LAST_NUMBER = 9_999_999
FORM, SYMBOL = "RECEIPT_FORM", "RECEIPT_SYMBOL"
_DEFAULTS = {FORM: "01BLP", SYMBOL: "BL-{year}E"}


def issue(session: Session, payment: Payment, facts: Mapping[str, Any], env: Mapping[str, str], now: datetime,
          replaces: PaymentReceipt | None = None) -> PaymentReceipt:  # fmt: skip
    """The receipt of a payment; the one that it has, if it has one. `facts`: `portal.cases.paying.receipt_facts`."""
    known = of_payment(session, payment.id)
    if known is not None:
        return known
    if payment.state != PaymentState.PAID:
        raise Refusal("not_paid", "Chưa nhận được tiền thì chưa lập biên lai.")
    year = local_day(now).year
    said = {
        **facts, "lines": _lines(payment), "total_vnd": payment.amount_vnd,
        "in_words": money_in_words(payment.amount_vnd), "paid_on": f"{local_day(payment.paid_at or now):%d/%m/%Y}",
        "issued_on": f"{local_day(now):%d/%m/%Y}",
    }  # fmt: skip
    receipt = PaymentReceipt(
        payment_id=payment.id, case_id=payment.case_id, agency_key=payment.agency_key, year=year,
        number=_next_number(session, payment.agency_key, year), form=env.get(FORM, _DEFAULTS[FORM]),
        symbol=env.get(SYMBOL, _DEFAULTS[SYMBOL]).replace("{year}", str(year % 100)), facts=said, issued_at=now,
        replaces_id=replaces.id if replaces else None, send_at=now if env.get("RECEIPT_PROVIDER") else None,
    )  # fmt: skip
    session.add(receipt)
    session.flush()
    announce(session, "receipt.issued", receipt.id, now)
    return receipt


def of_payment(session: Session, payment_id: int) -> PaymentReceipt | None:
    """The receipt that stands."""
    return session.scalar(
        select(PaymentReceipt).where(
            PaymentReceipt.payment_id == payment_id, PaymentReceipt.state == ReceiptState.ISSUED
        )
    )


def of_case(session: Session, case_id: int) -> Sequence[PaymentReceipt]:
    """All receipts of a case, the newest first."""
    query = select(PaymentReceipt).where(PaymentReceipt.case_id == case_id).order_by(PaymentReceipt.id.desc())
    return session.scalars(query).all()


def receipt(session: Session, receipt_id: int) -> PaymentReceipt:
    """A receipt. Raises `NotFound`."""
    found = session.get(PaymentReceipt, receipt_id, with_for_update=True)
    if found is None:
        raise NotFound("Không tìm thấy biên lai này.")
    return found


def cancel(session: Session, receipt_id: int, reason: str, *, by: Actor, now: datetime) -> PaymentReceipt:
    """The receipt does not stand any more; its number stays used. Raises `Invalid`, `Refusal`."""
    return _end(session, receipt_id, ReceiptState.CANCELLED, reason, by, now)


def replace(session: Session, receipt_id: int, changes: Mapping[str, str], reason: str, env: Mapping[str, str], *,
            by: Actor, now: datetime) -> PaymentReceipt:  # fmt: skip
    """Another one in place of a wrong one: payer and address may be put right, the money may not."""
    payer = nfc(changes.get("payer", ""))
    if not payer or len(payer) > 300:
        raise Invalid({"payer": "Hãy ghi tên người nộp."})
    old = _end(session, receipt_id, ReceiptState.REPLACED, reason, by, now)
    replaced = f"{old.form}, ký hiệu {old.symbol}, số {old.number:07d}, ngày {local_day(old.issued_at):%d/%m/%Y}"
    facts = {**old.facts, "payer": payer, "address": nfc(changes.get("address", "")), "replaces": replaced}
    return issue(session, session.get_one(Payment, old.payment_id), facts, env, now, replaces=old)


def as_xml(found: PaymentReceipt) -> bytes:
    """The receipt as data, for whoever keeps books by machine."""
    root = Element("BienLai", {"mauSo": found.form, "kyHieu": found.symbol, "so": f"{found.number:07d}"})
    facts = found.facts
    for name, key in (("CoQuanThu", "agency"), ("MaSoThue", "tax_code"), ("NguoiNop", "payer"), ("DiaChi", "address"),
                      ("MaHoSo", "reference"), ("NgayNop", "paid_on"), ("NgayLap", "issued_on")):  # fmt: skip
        SubElement(root, name).text = str(facts.get(key, ""))
    listed = SubElement(root, "DanhSachKhoanThu")
    for one in facts["lines"]:
        SubElement(listed, "KhoanThu", {"loai": one["kind"], "ten": one["label"], "soTien": str(one["amount_vnd"])})
    SubElement(root, "TongTien").text = str(facts["total_vnd"])
    SubElement(root, "BangChu").text = facts["in_words"]
    SubElement(root, "TrangThai").text = found.state
    if facts.get("replaces"):
        SubElement(root, "ThayThe").text = facts["replaces"]
    if found.end_reason:
        SubElement(root, "LyDo").text = found.end_reason
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def mistakes(session: Session) -> list[str]:
    """Where receipts and payments do not agree, and where numbers have gaps; empty where they do."""
    found = []
    for one in session.scalars(select(PaymentReceipt)):
        payment = session.get_one(Payment, one.payment_id)
        if (
            one.facts["total_vnd"] != payment.amount_vnd
            or sum(line["amount_vnd"] for line in one.facts["lines"]) != one.facts["total_vnd"]
        ):
            found.append(f"receipt {one.id}: the sum is not what was paid")
    receipted = select(PaymentReceipt.payment_id)
    without = select(Payment.id).where(Payment.state == PaymentState.PAID, Payment.id.not_in(receipted))
    found += [f"payment {number}: no receipt" for number in session.scalars(without)]
    for series in session.scalars(select(ReceiptSeries)):
        query = select(PaymentReceipt.number).where(
            PaymentReceipt.agency_key == series.agency_key, PaymentReceipt.year == series.year
        )
        if sorted(session.scalars(query)) != list(range(1, series.last + 1)):
            found.append(f"receipts of {series.agency_key} in {series.year}: numbers are missing")
    return found


def _end(
    session: Session, receipt_id: int, state: ReceiptState, reason: str, by: Actor, now: datetime
) -> PaymentReceipt:
    found = receipt(session, receipt_id)
    if found.state != ReceiptState.ISSUED:
        raise Refusal("not_now", "Biên lai này đã bị hủy hoặc thay thế.")
    if not (reason := nfc(reason)) or len(reason) > 500:
        raise Invalid({"reason": "Hãy nêu lý do."})
    found.state, found.ended_at, found.ended_by, found.end_reason = state, now, by.account_id, reason
    # The provider is to know as well; it may have it although nothing was heard of that.
    found.send_at = now if found.provider_number or found.send_at else None
    session.flush()
    return found


def _next_number(session: Session, agency_key: str, year: int) -> int:
    """The next number of the agency's series; its row is locked until the transaction ends, so that none is lost."""
    row = insert(ReceiptSeries).values(agency_key=agency_key, year=year, last=1)
    taken = row.on_conflict_do_update(index_elements=["agency_key", "year"], set_={"last": ReceiptSeries.last + 1})
    number = int(session.execute(taken.returning(ReceiptSeries.last)).scalar_one())
    if number > LAST_NUMBER:
        raise Refusal("series_full", "Ký hiệu biên lai đã dùng hết số.")
    return number


def _lines(payment: Payment) -> list[dict[str, Any]]:
    """What the payment is for; one line where it is a part of that."""
    if payment.lines:
        return payment.lines
    return [ledger.line(ledger.CHARGE, "Phí, lệ phí của hồ sơ (một phần, hoặc nộp trước)", payment.amount_vnd)]
