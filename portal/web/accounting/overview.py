"""All payments of the accountant's agencies, what needs somebody, and the sums of the days; also as XLSX."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import render_template, request
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.words import short_when
from portal.cases import paying
from portal.cases.models import Case
from portal.payments import queries
from portal.payments.models import Payment, PaymentState
from portal.web.access import accountant
from portal.web.accounting.blueprint import blueprint
from portal.web.citizen.paying import way_words
from portal.web.files import workbook_response
from portal.web.session import actor, db

_MOST, _MOST_EXPORTED = 50, 100_000
_DAYS = timedelta(days=31)


@blueprint.get("")
@accountant
def overview() -> str:
    """The newest payments, the alarms, what was paid too much, and what came in."""
    keys = queries.scope(actor())
    state = request.args.get("trang-thai", "")
    state = state if state in set(PaymentState) else ""
    rows = queries.payments(db(), keys, state, request.args.get("truoc", type=int), _MOST)
    overpaid = paying.overpaid(db(), keys)
    totals = queries.day_totals(db(), keys, now() - _DAYS)
    return render_template(
        "accounting/overview.html", rows=rows, state=state, most=_MOST, q=queries, way_words=way_words,
        overpaid=overpaid, to_do=queries.to_do(db(), keys), paid_by=_payments_of([case_id for case_id, _ in overpaid]),
        totals=totals, is_province=keys is None,
        suspicious=queries.suspicious(db(), now() - timedelta(days=7)) if keys is None else [],
        references=references([*(row.case_id for row in rows), *(case_id for case_id, _ in overpaid)]),
        agencies=agency_names([*(row.agency_key for row in rows), *(total.agency_key for total in totals)]),
    )  # fmt: skip


@blueprint.get("/xuat.xlsx")
@accountant
def export() -> Any:
    """Payments and sums as a workbook."""
    keys = queries.scope(actor())
    rows = queries.payments(db(), keys, limit=_MOST_EXPORTED)
    totals = queries.day_totals(db(), keys, now() - timedelta(days=400))
    names = agency_names([*(row.agency_key for row in rows), *(total.agency_key for total in totals)])
    codes = references(row.case_id for row in rows)
    listed: list[list[str | int]] = [
        [row.key, codes.get(row.case_id, ""), names.get(row.agency_key, ""), way_words(row.gateway),
         queries.STATE_WORDS[PaymentState(row.state)], row.amount_vnd, short_when(row.created_at),
         short_when(row.paid_at) if row.paid_at else "", row.provider_id or row.note or ""]
        for row in rows
    ]  # fmt: skip
    sums: list[list[str | int]] = [
        [f"{one.day:%d/%m/%Y}", names.get(one.agency_key, ""), way_words(one.gateway), one.count, one.total_vnd]
        for one in totals
    ]
    head = ["Mã tham chiếu", "Hồ sơ", "Cơ quan", "Cách nộp", "Trạng thái", "Số tiền", "Bắt đầu", "Đã nộp", "Chứng từ"]
    return workbook_response("thu-phi-le-phi.xlsx", {
        "Các lần nộp": [head, *listed],
        "Tổng theo ngày": [["Ngày", "Cơ quan", "Cách nộp", "Số lần", "Tổng (đồng)"], *sums],
    })  # fmt: skip


def _payments_of(case_ids: list[int]) -> dict[int, list[int]]:
    """The payments of these cases that have brought money."""
    query = select(Payment.case_id, Payment.id).where(Payment.case_id.in_(case_ids), Payment.state == PaymentState.PAID)
    found: dict[int, list[int]] = {}
    for case_id, payment_id in db().execute(query.order_by(Payment.id.desc())):
        found.setdefault(case_id, []).append(payment_id)
    return found


def references(case_ids: Iterable[int]) -> dict[int, str]:
    """The codes of these cases."""
    rows = db().execute(select(Case.id, Case.reference).where(Case.id.in_(set(case_ids))))
    return {row.id: row.reference for row in rows}


def agency_names(keys: Iterable[str]) -> dict[str, str]:
    """The names of these agencies."""
    rows = db().execute(select(Agency.key, Agency.name).where(Agency.key.in_(set(keys))))
    return {row.key: row.name for row in rows}
