"""Paying a case: late, early, twice, not at all, at the counter, by transfer; the ledger and its proof."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.base.errors import Invalid, Refusal
from portal.cases import automatic, paying
from portal.cases.actions import perform
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.gateways.payments import Fate, Outcome, Said, Verdict
from portal.payments import actions, asking, queries, receipts
from portal.payments.models import (
    Bill,
    GatewayReport,
    PaymentReceipt,
    PaymentState,
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


def test_a_failed_payment_can_be_paid_again(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    first = begin(desk, till, case, "vnpay")
    till.vnpay.decide(first.url or "", paid=False)
    assert told(desk, till, first) is Verdict.TAKEN and payment(desk, first).state == PaymentState.FAILED
    second = begin(desk, till, case, "national")
    assert second.id != first.id
    till.national.decide(second.url or "")
    assert asking.ask_about(till.asker(desk), second.id) is Verdict.TAKEN
    deliver(desk)
    assert fresh(desk, case).state == State.IN_PROCESS
    agree(desk)


def test_money_that_comes_after_the_payment_expired_is_taken(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vnpay")
    desk.now += timedelta(minutes=20)
    asking.ask_due(till.asker(desk))
    assert payment(desk, known).state == PaymentState.EXPIRED
    till.vnpay.decide(known.url or "")
    assert told(desk, till, known) is Verdict.TAKEN
    deliver(desk)
    assert fresh(desk, case).state == State.IN_PROCESS
    agree(desk)


def test_a_sweep_finds_what_was_never_notified(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vnpay")
    till.vnpay.decide(known.url or "")
    assert asking.ask_due(till.asker(desk)) == 0  # not before a quarter of an hour
    desk.now += timedelta(minutes=15)
    till.vnpay.mood = lambda: LOSE_ANSWER
    assert asking.ask_due(till.asker(desk)) == 1 and payment(desk, known).state == PaymentState.PENDING
    till.vnpay.mood = lambda: ANSWER
    desk.now += timedelta(minutes=11)
    assert asking.ask_due(till.asker(desk)) == 1 and payment(desk, known).state == PaymentState.PAID
    assert asking.ask_due(till.asker(desk)) == 0
    deliver(desk)
    assert confirmations(desk, case) == 1


def test_who_comes_back_too_early_is_asked_about_again_in_time(desk: Desk, till: Till) -> None:
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    desk.now += timedelta(minutes=2)
    asking.ask_about(till.asker(desk), known.id)  # not paid yet
    till.vnpay.decide(known.url or "")
    desk.now += timedelta(minutes=13)
    assert asking.ask_due(till.asker(desk)) == 1 and payment(desk, known).state == PaymentState.PAID


def test_what_the_bank_holds_invites_nobody_to_pay_again(desk: Desk, till: Till) -> None:
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    till.vnpay.decide(known.url or "")
    till.vnpay.orders[known.key].status = "07"
    desk.now += timedelta(minutes=20)
    asking.ask_due(till.asker(desk))
    held = payment(desk, known)
    assert (held.state, held.code) == (PaymentState.PENDING, "07")
    till.vnpay.orders[known.key].status = "00"
    desk.now += timedelta(days=1)
    asking.ask_due(till.asker(desk))
    assert payment(desk, known).state == PaymentState.PAID


def test_a_gateway_that_hangs_is_left_alone_for_a_round(desk: Desk, till: Till) -> None:
    tries = [begin(desk, till, case_to_pay(desk), "vnpay") for _ in range(3)]
    desk.now += timedelta(minutes=15)
    till.vnpay.mood = lambda: "503"
    assert asking.ask_due(till.asker(desk)) == 1
    assert len(tries) == 3


def test_it_is_asked_daily_and_not_for_ever(desk: Desk, till: Till) -> None:
    known = begin(desk, till, case_to_pay(desk), "vnpay")
    asked = 0
    for _ in range(24 * 9):
        desk.now += timedelta(hours=1)
        asked += asking.ask_due(till.asker(desk))
    assert 7 <= asked <= 9
    assert payment(desk, known).state == PaymentState.EXPIRED and payment(desk, known).ask_at is None


def test_what_is_wrong_is_refused_and_recorded(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vnpay")
    till.vnpay.decide(known.url or "")
    assert told(desk, till, known, vnp_Amount="100") is Verdict.WRONG_AMOUNT
    assert told(desk, till, known, vnp_TxnRef="LSXXXXXXXXXXXXXX") is Verdict.UNKNOWN
    assert payment(desk, known).state == PaymentState.PENDING
    with desk.database.unit_of_work() as session:
        kept = session.scalars(select(GatewayReport).order_by(GatewayReport.id)).all()
        assert [(row.verdict, row.payment_id) for row in kept] == [("wrong_amount", known.id), ("unknown", None)]
        assert len(queries.suspicious(session, desk.now - timedelta(days=1))) == 2
        # Another gateway has nothing to say about it.
        outcome = Outcome(known.key, Fate.PAID, 8000)
        assert actions.take(session, "national", outcome, desk.now) is Verdict.UNKNOWN


def test_other_tries_are_called_off_and_their_money_is_taken_all_the_same(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    transfer, known = begin(desk, till, case, "vietqr"), begin(desk, till, case, "vnpay")
    till.vnpay.decide(known.url or "")
    told(desk, till, known)
    deliver(desk)
    assert payment(desk, transfer).state == PaymentState.EXPIRED
    with desk.database.unit_of_work() as session:
        actions.confirm(session, transfer.id, "BT 1", by=desk.actor("ketoan"), now=desk.now)
    deliver(desk)
    assert balance(desk, case) == -8000 and confirmations(desk, case) == 1
    agree(desk)


@pytest.mark.parametrize(("way", "note", "field"), [("card", "", "note"), ("gold", "", "way")])
def test_what_the_counter_must_say(desk: Desk, way: str, note: str, field: str) -> None:
    case = case_to_pay(desk)
    with desk.database.unit_of_work() as session:
        owed = paying.require_payable(session, session.get_one(Case, case.id))
        with pytest.raises(Invalid) as refused:
            actions.take_at_counter(session, owed, way, note, by=desk.actor("motcua"), now=desk.now)
    assert list(refused.value.errors) == [field]


def test_a_transfer_is_claimed_and_looked_for(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vietqr")
    assert known.key in (known.qr or "")
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid):
            actions.claim(session, known.id, "")
        actions.claim(session, known.id, "FT26069")
    with desk.database.unit_of_work() as session:
        actions.refuse(session, known.id, "Không thấy trên sao kê", by=desk.actor("ketoan"), now=desk.now)
    with desk.database.unit_of_work() as session:  # it comes after all
        actions.confirm(session, known.id, "BT 17", by=desk.actor("ketoan"), now=desk.now)
        with pytest.raises(Refusal):
            actions.confirm(session, known.id, "BT 17", by=desk.actor("ketoan"), now=desk.now)
    deliver(desk)
    assert fresh(desk, case).state == State.IN_PROCESS
    agree(desk)


def test_one_transfer_is_one_payment(desk: Desk, till: Till) -> None:
    """The accountant's word in the case finds the try that waits for it; a line of the statement serves once."""
    case = case_to_pay(desk)
    known = begin(desk, till, case, "vietqr")
    desk.do(case, "ketoan", Action.CONFIRM_PAYMENT, details={"note": "BT 7"})
    with desk.database.unit_of_work() as session:
        assert [row.id for row in paying.payments_of(session, case.id)] == [known.id]
    other = begin(desk, till, case_to_pay(desk), "vietqr")
    with pytest.raises(Invalid), desk.database.unit_of_work() as session:
        actions.confirm(session, other.id, "BT 7", by=desk.actor("ketoan"), now=desk.now)
    deliver(desk)
    assert balance(desk, case) == 0
    agree(desk)


def test_what_was_paid_before_counts(desk: Desk, till: Till) -> None:
    """Advance and balance: an officer asks for more, less, or exactly what was paid before."""
    for asked, state, left in ((5000, State.PAYMENT, 0), (8000, State.PAYMENT, 0), (12_000, State.PAYMENT, 4000)):
        case = desk.case_at(Action.ROUTE)
        with desk.database.unit_of_work() as session:
            advance = actions.Payable(case.id, case.reference, case.agency_key, 8000)
            actions.take_at_counter(session, advance, "cash", "", by=desk.actor("motcua"), now=desk.now)
        case = desk.do(case, "chuyenvien", Action.REQUEST_PAYMENT, details={"charge": str(asked), "request": "Lệ phí"})
        assert (case.state, case.amount_due) == (state, left)
        deliver(desk)
        assert fresh(desk, case).state == (State.PAYMENT if left else State.IN_PROCESS)
        agree(desk)


def test_the_machine_confirms_nothing_that_is_not_paid(desk: Desk) -> None:
    case = case_to_pay(desk)
    with pytest.raises(Refusal), desk.database.unit_of_work() as session:
        perform(session, case.id, Action.CONFIRM_PAYMENT, by=desk.actor("system"), now=desk.now, details={"note": "x"})
    with desk.database.unit_of_work() as session:
        automatic.paid(session, case.id, desk.now)
    assert fresh(desk, case).state == State.PAYMENT


@pytest.mark.parametrize("how", [Action.RECALL_REQUEST, Action.DISCONTINUE, Action.WITHDRAW])
def test_what_is_not_asked_for_any_more_is_not_owed(desk: Desk, how: Action) -> None:
    case = case_to_pay(desk)
    desk.do(case, "congdan" if how is Action.WITHDRAW else "truongphong", how, details={"reason": "Thôi"})
    assert balance(desk, case) == 0
    with desk.database.unit_of_work() as session:
        assert paying.payable(session, session.get_one(Case, case.id)) is None
    agree(desk)


def test_the_accountant_s_word_is_in_the_ledger(desk: Desk) -> None:
    case = desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    deliver(desk)
    with desk.database.unit_of_work() as session:
        (known,) = paying.payments_of(session, case.id)
        assert (known.gateway, known.note, known.state) == ("transfer", "GNT 1", PaymentState.PAID)
    agree(desk)


def test_the_ledger_only_grows(desk: Desk) -> None:
    case = case_to_pay(desk)
    for change in ("UPDATE ledger_entries SET amount_vnd = 0", "DELETE FROM ledger_entries"):
        with pytest.raises(DBAPIError), desk.database.unit_of_work() as session:
            session.execute(text(change))
    assert balance(desk, case) == 8000


def test_the_proof_finds_what_does_not_agree(desk: Desk) -> None:
    case_to_pay(desk)
    with desk.database.unit_of_work() as session:
        session.scalars(select(Bill)).one().total_vnd = 1
    with desk.database.unit_of_work() as session:
        assert any("lines do not add up" in found for found in paying.mistakes(session))
        session.scalars(select(Bill)).one().total_vnd = 8000
        session.scalars(select(Case)).one().state = State.IN_PROCESS
    with desk.database.unit_of_work() as session:
        assert any("does not wait for it" in found for found in paying.mistakes(session))


def test_receipts_are_cancelled_and_replaced_and_numbers_stay(desk: Desk) -> None:
    for number in range(2):
        desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": f"GNT {number}"})
    deliver(desk)
    with desk.database.unit_of_work() as session:
        first, second = session.scalars(select(PaymentReceipt).order_by(PaymentReceipt.number)).all()
        with pytest.raises(Invalid):
            receipts.cancel(session, first.id, "", by=desk.actor("ketoan"), now=desk.now)
        receipts.cancel(session, first.id, "Sai tên", by=desk.actor("ketoan"), now=desk.now)
        with pytest.raises(Refusal):
            receipts.cancel(session, first.id, "Sai tên", by=desk.actor("ketoan"), now=desk.now)
        other = receipts.replace(session, second.id, {"payer": "Trần Thị B"}, "Sai tên", {}, by=desk.actor("ketoan"),
                                 now=desk.now)  # fmt: skip
        assert (other.number, other.facts["payer"], other.replaces_id) == (3, "Trần Thị B", second.id)
        xml = receipts.as_xml(other).decode()
        assert 'so="0000003"' in xml and "<TongTien>8000</TongTien>" in xml and "Tám nghìn đồng" in xml
    agree(desk)


def test_the_notification_of_the_national_platform(desk: Desk, till: Till) -> None:
    case = case_to_pay(desk)
    known = begin(desk, till, case, "national")
    till.national.decide(known.url or "")
    said = Said({}, json.dumps(till.national.callback(known.key)).encode())
    with desk.database.unit_of_work() as session:
        verdicts = [actions.take(session, "national", till.gateways["national"].read(said), desk.now) for _ in range(2)]
    assert verdicts == [Verdict.TAKEN, Verdict.ALREADY]
