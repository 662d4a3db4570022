"""Money that was too much, and money that goes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.errors import Forbidden, Invalid, Refusal
from portal.cases import paying
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.payments import actions, asking, queries, refunds
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
    told,
)


def test_paying_twice_is_seen_and_given_back_by_two_people(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    first, second = begin(desk, till, case, "vnpay"), begin(desk, till, case, "national")
    till.vnpay.decide(first.url or "")
    till.national.decide(second.url or "")
    told(desk, till, first)
    asking.ask_about(till.asker(desk), second.id)
    deliver(desk)
    assert confirmations(desk, case) == 1 and balance(desk, case) == -8000
    with desk.database.unit_of_work() as session:
        assert queries.overpaid(session, None) == [(case.id, 8000)]
        with pytest.raises(Invalid):
            refunds.ask(session, first.id, "8001", "Nộp thừa", by=desk.actor("ketoan"), now=desk.now)
        refund = refunds.ask(session, first.id, "8.000", "Nộp hai lần", by=desk.actor("ketoan"), now=desk.now)
        with pytest.raises(Forbidden):
            refunds.approve(session, refund.id, by=desk.actor("ketoan"), now=desk.now)
        refunds.approve(session, refund.id, by=desk.actor("ketoantinh"), now=desk.now)
    assert asking.refund_due(till.asker(desk)) == 1
    assert till.vnpay.orders[first.key].refunds == {f"{first.key}R{refund.id}": 8000}
    assert balance(desk, case) == 0
    agree(desk)


def test_a_refund_whose_answer_is_lost_is_done_once(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vnpay")
    till.vnpay.decide(known.url or "")
    told(desk, till, known)
    deliver(desk)
    with desk.database.unit_of_work() as session:
        refund = refunds.ask(session, known.id, "3000", "Thu thừa", by=desk.actor("ketoan"), now=desk.now)
        refunds.approve(session, refund.id, by=desk.actor("ketoantinh"), now=desk.now)
    till.vnpay.mood = lambda: LOSE_ANSWER
    asking.refund_due(till.asker(desk))
    till.vnpay.mood = lambda: ANSWER
    desk.now += timedelta(minutes=3)
    asking.refund_due(till.asker(desk))
    assert list(till.vnpay.orders[known.key].refunds.values()) == [3000]
    assert balance(desk, case) == 0  # the fee was owed: it is let go with the refund
    agree(desk)


def test_what_no_gateway_gives_back_somebody_pays_out(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    with desk.database.unit_of_work() as session:
        owed = paying.require_payable(session, session.get_one(Case, case.id))
        cash = actions.take_at_counter(session, owed, "cash", "", by=desk.actor("motcua"), now=desk.now)
        refund = refunds.ask(session, cash.id, "8000", "Được miễn", by=desk.actor("ketoan"), now=desk.now)
        refunds.approve(session, refund.id, by=desk.actor("ketoantinh"), now=desk.now)
        with pytest.raises(Refusal):
            refunds.pay_out(session, refund.id, "PC 1", by=desk.actor("ketoan"), now=desk.now)
    asking.refund_due(till.asker(desk))
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid):
            refunds.pay_out(session, refund.id, " ", by=desk.actor("ketoan"), now=desk.now)
        refunds.pay_out(session, refund.id, "PC 1", by=desk.actor("ketoan"), now=desk.now)
    deliver(desk)
    agree(desk)


def test_a_refund_while_more_is_asked_for_is_no_debt(desk: Desk) -> None:
    case = desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    details = {"charge": "5000", "request": "Thêm bản sao"}
    case = desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details=details)
    with desk.database.unit_of_work() as session:
        (first,) = paying.payments_of(session, case.id)
        refund = refunds.ask(session, first.id, "8000", "Được miễn", by=desk.actor("ketoan"), now=desk.now)
        refunds.approve(session, refund.id, by=desk.actor("ketoantinh"), now=desk.now)
        refunds.finish(session, refund.id, "PC 1", None, desk.now)
    assert balance(desk, case) == 5000  # the first fee is let go, the second is still asked for
    deliver(desk)
    agree(desk)
