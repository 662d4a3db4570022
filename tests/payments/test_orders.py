"""All orders of what can happen to a payment: the ledger adds up and the case moves on once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.base.errors import Refusal
from portal.cases import automatic, paying
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.gateways.payments import Verdict
from portal.payments import actions, asking, receipts, refunds
from portal.payments.models import (
    LedgerEntry,
    Payment,
    PaymentReceipt,
    PaymentState,
    Refund,
    RefundState,
)
from portal.standins.web import ANSWER, LOSE_ANSWER
from tests.support.desk import Desk
from tests.support.payments import (
    Till,
    agree,
    balance,
    begin,
    case_to_pay,
    confirmations,
    deliver,
    fresh,
    payment,
    told,
)

OPS = ("return", "ipn", "ipn again", "failing ipn", "wrong amount", "query", "query lost", "expiry", "retry",
       "pay twice", "refund", "workers")  # fmt: skip


def test_paying_once_moves_the_case_once(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk, charge=8000, fee=2000)
    assert (case.state, case.amount_due, balance(desk, case)) == (State.PAYMENT, 10_000, 10_000)
    known = begin(desk, till, case, "vnpay")
    assert begin(desk, till, case, "vnpay").id == known.id  # the same is taken up again
    till.vnpay.decide(known.url or "")
    assert payment(desk, known).state == PaymentState.PENDING  # nobody has told us yet
    assert [told(desk, till, known) for _ in range(3)] == [Verdict.TAKEN, Verdict.ALREADY, Verdict.ALREADY]
    deliver(desk)
    assert fresh(desk, case).state == State.IN_PROCESS and balance(desk, case) == 0
    assert confirmations(desk, case) == 1
    with desk.database.unit_of_work() as session:
        (receipt,) = session.scalars(select(PaymentReceipt)).all()
        assert (receipt.number, receipt.facts["in_words"]) == (1, "Mười nghìn đồng")
        assert [line["kind"] for line in receipt.facts["lines"]] == ["fee", "charge"]
    agree(desk)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(st.sampled_from(OPS), min_size=3, max_size=14), paid_there=st.booleans())
def test_whatever_comes_in_whatever_order(desk: Desk, till: Till, ops: list[str], paid_there: bool) -> None:
    in_this_order(desk, till, ops, paid_there)


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(st.sampled_from(OPS), min_size=3, max_size=25), paid_there=st.booleans())
def test_two_hundred_more_orders(desk: Desk, till: Till, ops: list[str], paid_there: bool) -> None:
    in_this_order(desk, till, ops, paid_there)


def in_this_order(desk: Desk, till: Till, ops: list[str], paid_there: bool) -> None:
    """Whatever was paid there is paid here in the end, once; the case has gone on once, if it was enough."""
    case = case_to_pay(desk)
    tries = [begin(desk, till, case, "vnpay")]
    till.vnpay.decide(tries[0].url or "", paid=paid_there)
    for op in ops:
        _do(desk, till, case, tries, op)
        assert balance(desk, case) == 8000 - _paid(desk, case) + _given_back(desk, case) - _let_go(desk, case)
    # In the end everything is asked about and delivered: what was paid there is paid here.
    till.vnpay.mood = lambda: ANSWER
    for known in tries:
        asking.ask_about(till.asker(desk), known.id)
    confirmed = confirmations(desk, case)
    deliver(desk)
    for known in tries:
        there = till.vnpay.orders.get(known.key)
        assert (payment(desk, known).state == PaymentState.PAID) == bool(there and there.status == "00")
    # It has gone on if it was enough; where some went back before anybody saw that, it still waits for the rest.
    assert confirmations(desk, case) == (1 if balance(desk, case) <= 0 else confirmed)
    assert (fresh(desk, case).state == State.IN_PROCESS) == (confirmations(desk, case) == 1)
    agree(desk)


def _paid(desk: Desk, case: Case) -> int:
    with desk.database.unit_of_work() as session:
        rows = paying.payments_of(session, case.id)
        return sum(row.amount_vnd for row in rows if row.state == PaymentState.PAID)


def _given_back(desk: Desk, case: Case) -> int:
    with desk.database.unit_of_work() as session:
        rows = session.scalars(select(Refund).where(Refund.case_id == case.id, Refund.state == RefundState.DONE))
        return sum(row.amount_vnd for row in rows)


def _let_go(desk: Desk, case: Case) -> int:
    with desk.database.unit_of_work() as session:
        rows = session.scalars(select(LedgerEntry).where(LedgerEntry.case_id == case.id))
        return -sum(row.amount_vnd for row in rows if row.key.startswith("let-go-"))


def _do(desk: Desk, till: Till, case: Case, tries: list[Payment], op: str) -> None:
    known = tries[-1]
    if op in _NOTICES:
        _notify(desk, till, known, op)
    elif op in ("query", "query lost"):
        till.vnpay.mood = lambda: ANSWER if op == "query" else LOSE_ANSWER
        asking.ask_about(till.asker(desk), known.id)
        till.vnpay.mood = lambda: ANSWER
    elif op == "expiry":
        desk.now += timedelta(minutes=16)
        asking.ask_due(till.asker(desk))
    elif op in ("retry", "pay twice"):
        _again(desk, till, case, tries, op)
    elif op == "refund":
        _give_back(desk, till, known)
    elif op == "workers":
        deliver(desk)
    else:  # what a browser brings back changes nothing
        before = payment(desk, known).state
        till.gateways["vnpay"].returned({"vnp_TxnRef": known.key, "vnp_ResponseCode": "00"})
        assert payment(desk, known).state == before


_NOTICES = ("ipn", "ipn again", "failing ipn", "wrong amount")


def _notify(desk: Desk, till: Till, known: Payment, op: str) -> None:
    order = till.vnpay.orders.get(known.key)
    if order is None:  # nobody has been at the gateway with it
        return
    if op == "wrong amount":
        assert told(desk, till, known, vnp_Amount="100") is Verdict.WRONG_AMOUNT
    elif op == "failing ipn" and order.status != "00":
        told(desk, till, known, vnp_ResponseCode="24", vnp_TransactionStatus="02")
    elif op != "failing ipn":
        told(desk, till, known)


def _again(desk: Desk, till: Till, case: Case, tries: list[Payment], op: str) -> None:
    desk.now += timedelta(minutes=16)  # the page of before is over
    try:
        tries.append(begin(desk, till, case, "vnpay"))
    except Refusal:
        return  # nothing is owed any more
    till.vnpay.decide(tries[-1].url or "")
    if op == "pay twice":
        till.vnpay.decide(tries[0].url or "")


def _give_back(desk: Desk, till: Till, known: Payment) -> None:
    with desk.database.unit_of_work() as session:
        left = refunds.left_of(session, actions.locked(session, known.id))
        if not left:
            return
        refund = refunds.ask(
            session, known.id, str(max(1, left // 2)), "Nộp thừa", by=desk.actor("ketoan"), now=desk.now
        )
    with desk.database.unit_of_work() as session:
        refunds.approve(session, refund.id, by=desk.actor("ketoantinh"), now=desk.now)
    asking.refund_due(till.asker(desk))


def test_many_at_once_are_one(desk: Desk, till: Till) -> None:
    """Notifications, questions and workers at the same moment; then many receipts at the same moment."""
    cases = [case_to_pay(desk) for _ in range(4)]
    tries = [begin(desk, till, case, "vnpay") for case in cases]
    for known in tries:
        till.vnpay.decide(known.url or "")

    def go_on(case: Case) -> None:
        with desk.database.unit_of_work() as session:
            automatic.paid(session, case.id, desk.now)

    def issue(known: Payment) -> None:
        with desk.database.unit_of_work() as session:
            found = session.get_one(Payment, known.id)
            receipts.issue(session, found, paying.receipt_facts(session, found, {}), {}, desk.now)

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda known: told(desk, till, known), tries * 4))
        list(pool.map(lambda known: asking.ask_about(till.asker(desk), known.id), tries))
        list(pool.map(go_on, cases * 3))
        list(pool.map(issue, tries))
    assert verdicts.count(Verdict.TAKEN) == 4 and verdicts.count(Verdict.ALREADY) == 12
    assert [confirmations(desk, case) for case in cases] == [1, 1, 1, 1]
    with desk.database.unit_of_work() as session:
        assert sorted(session.scalars(select(PaymentReceipt.number))) == [1, 2, 3, 4]
    agree(desk)
