"""Reconciliation: files of gateways, what differs, who explains and closes; receipts at their provider."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from portal.base.clock import local_day
from portal.base.errors import Invalid, Refusal
from portal.cases.lifecycle import Action
from portal.gateways.receipts import provider_from
from portal.payments import providing, receipts, reconciliation
from portal.payments.models import PaymentReceipt
from portal.payments.reconciliation import Difference
from portal.payments.statements import StatementRow, read_statement
from portal.standins.web import ANSWER, LOSE_ANSWER
from tests.support.desk import Desk
from tests.support.payments import Till, begin, case_to_pay, deliver, told

KEY = "LS23456789ABCDEF"
STATEMENT = (
    f"Sao kê tài khoản\n\nSố bút toán\tNội dung\tPhát sinh có\n77\tNGUYEN VAN A CK {KEY.lower()}\t120,000\n1\tPhí\t-\n"
)


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(("name", "content"), [
    ("a.csv", f"ma_tham_chieu;ma_giao_dich;so_tien;trang_thai\n{KEY};77;120.000;00\n;;;\nLSX;78;5;99\n".encode()),
    ("a.csv", f"\ufeffMã tham chiếu,Mã giao dịch,Số tiền\n{KEY},77,120000\n".encode()),
    ("sao-ke.csv", STATEMENT.encode()),
    ("a.xlsx", xlsx(("Tiêu đề",), ("Mã tham chiếu", "Mã giao dịch", "Số tiền"), (KEY, 77, 120000.0))),
])  # fmt: skip
def test_files_of_many_kinds(name: str, content: bytes) -> None:
    assert read_statement(name, content) == [StatementRow(KEY, "77", 120_000)]


@pytest.mark.parametrize(("name", "content"), [
    ("a.csv", b""), ("a.csv", b"\xff\xfe\x00"), ("a.csv", b"x;y\n1;2\n"), ("a.xlsx", b"PK not a book"),
    ("a.csv", f"ma_tham_chieu;so_tien\n{KEY};1.5.6\n".encode()),
    ("a.csv", f"ma_tham_chieu;so_tien\n{KEY};-100\n".encode()),
])  # fmt: skip
def test_files_that_are_none(name: str, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_statement(name, content)
    assert list(refused.value.errors) == ["file"]


def test_columns_may_be_named_otherwise() -> None:
    assert read_statement("a.csv", f"Ref;Tien\n{KEY};5000\n".encode(), {"key": "REF", "amount": "Tiền"}) == [
        StatementRow(KEY, "", 5000)
    ]


def test_each_difference_is_found_explained_and_then_the_day_is_closed(desk: Desk, till: Till) -> None:
    known = []
    for _ in range(3):
        known.append(begin(desk, till, case_to_pay(desk), "vnpay"))
        till.vnpay.decide(known[-1].url or "")
    for one in known[:2]:
        told(desk, till, one)
    rows = [StatementRow(known[0].key, "1", 8000), StatementRow(known[2].key, "3", 8000), StatementRow("LA", "9", 10)]
    accountant = desk.actor("ketoantinh")
    with desk.database.unit_of_work() as session:
        day = reconciliation.keep(session, "vnpay", local_day(desk.now), rows, by=accountant, now=desk.now)
        found = reconciliation.compare(session, day)
    assert (found.matched, found.matched_vnd) == (1, 8000)
    kinds = {one.key: one.kind for one in found.differences}
    assert kinds == {known[1].key: Difference.MISSING_THERE, known[2].key: Difference.MISSING_HERE,
                     "LA": Difference.MISSING_HERE}  # fmt: skip
    told(desk, till, known[2])  # a person had the gateway asked: nothing else has changed it
    with desk.database.unit_of_work() as session:
        assert len(reconciliation.compare(session, day).differences) == 2
        with pytest.raises(Refusal):
            reconciliation.close(session, day.id, by=accountant, now=desk.now)
        for key in (known[1].key, "LA"):
            reconciliation.explain(session, day.id, key, "Đã hỏi cổng")
        with pytest.raises(Refusal):  # the day is not over
            reconciliation.close(session, day.id, by=accountant, now=desk.now)
        reconciliation.close(session, day.id, by=accountant, now=desk.now + timedelta(days=1))
        with pytest.raises(Refusal):
            reconciliation.keep(session, "vnpay", day.day, [], by=accountant, now=desk.now)


def test_twice_and_other_amounts(desk: Desk, till: Till) -> None:
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    till.vnpay.decide(known.url or "")
    told(desk, till, known)
    for listed, kind in (([8000, 8000], Difference.TWICE), ([7000], Difference.AMOUNT)):
        rows = [StatementRow(known.key, "1", amount) for amount in listed]
        with desk.database.unit_of_work() as session:
            day = reconciliation.keep(
                session, "vnpay", local_day(desk.now), rows, by=desk.actor("ketoantinh"), now=desk.now
            )
            assert [one.kind for one in reconciliation.compare(session, day).differences] == [kind]


def test_around_midnight_both_days_agree(desk: Desk, till: Till) -> None:
    """The gateway has it at 23:59, we hear of it at 00:05."""
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    till.vnpay.decide(known.url or "")
    before = local_day(desk.now)
    desk.now += timedelta(days=1)
    told(desk, till, known)
    accountant = desk.actor("ketoantinh")
    with desk.database.unit_of_work() as session:
        rows = [StatementRow(known.key, "1", 8000)]
        first = reconciliation.keep(session, "vnpay", before, rows, by=accountant, now=desk.now)
        second = reconciliation.keep(session, "vnpay", before + timedelta(days=1), [], by=accountant, now=desk.now)
        assert reconciliation.compare(session, first).differences == []
        assert reconciliation.compare(session, second).differences == []


def test_the_same_again_on_another_day_is_twice(desk: Desk, till: Till) -> None:
    """Transferred again by mistake, or the file of another day."""
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    till.vnpay.decide(known.url or "")
    told(desk, till, known)
    accountant, rows = desk.actor("ketoantinh"), [StatementRow(known.key, "1", 8000)]
    with desk.database.unit_of_work() as session:
        for days in (0, 1):
            day = reconciliation.keep(session, "vnpay", local_day(desk.now) + timedelta(days=days), rows,
                                      by=accountant, now=desk.now)  # fmt: skip
        assert [one.kind for one in reconciliation.compare(session, day).differences] == [Difference.TWICE]


def test_receipts_reach_their_provider_once(desk: Desk, till: Till) -> None:
    desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT"})
    deliver(desk)
    provider = provider_from(till.environment)
    assert provider is not None
    with desk.database.unit_of_work() as session:
        found = session.scalars(select(PaymentReceipt)).one()
        found.send_at = desk.now
    till.receipts.mood = lambda: LOSE_ANSWER
    providing.provide_due(desk.database, provider, lambda: desk.now)
    till.receipts.mood = lambda: ANSWER
    assert len(till.receipts.issued) == 1
    desk.now += timedelta(minutes=11)
    assert providing.provide_due(desk.database, provider, lambda: desk.now) == 1
    assert len(till.receipts.issued) == 1
    with desk.database.unit_of_work() as session:
        assert session.scalars(select(PaymentReceipt)).one().provider_number == "1"
        receipts.cancel(session, found.id, "Sai", by=desk.actor("ketoan"), now=desk.now)
    providing.provide_due(desk.database, provider, lambda: desk.now)
    assert till.receipts.cancelled == set(till.receipts.issued)
    assert providing.provide_due(desk.database, provider, lambda: desk.now) == 0
