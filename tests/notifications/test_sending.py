"""Messages from the notice to the provider, over sockets: once, by the next way where one fails, in their order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from portal.base.db import Database
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.gateways.messages import Channel, Fate
from portal.notifications import log, planning, preferences, receipts, routes, sending
from portal.notifications.models import (
    ChannelStop,
    GatewayHealth,
    Lane,
    Message,
    MessageState,
    MessageTry,
    Notice,
)
from portal.notifications.policy import Policy
from portal.standins.web import ANSWER, LOSE_ANSWER, LOSE_REQUEST
from tests.support.desk import Desk
from tests.support.messages import Providers, running_providers, sender_of

EVERYTHING = (Lane.URGENT, Lane.NORMAL, Lane.BULK)
ZALO = Policy(quiet=None, zalo_template="100001")


@pytest.fixture(scope="module")
def running() -> Iterator[Providers]:
    with running_providers() as providers:
        yield providers


@pytest.fixture
def providers(running: Providers) -> Providers:
    """The stand-ins as if they had just been started."""
    for provider in running.all.values():
        provider.arrived.clear()
        provider.mood, provider.slow_seconds = (lambda: ANSWER), 0.0
    running.esms.forget()
    running.zalo.has_zalo, running.zalo.quota = (lambda phone: True), 500
    return running


class Clock:
    """The time of a test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 2, tzinfo=UTC)  # 9:00 in Lạng Sơn

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def notice_of(desk: Desk, case: Case) -> int:
    with desk.database.unit_of_work() as session:
        return session.scalar(select(func.max(Notice.id)).where(Notice.case_id == case.id)) or 0


def plan(sender: sending.Sender, notice_id: int) -> int | None:
    with sender.database.unit_of_work() as session:
        message = planning.plan(session, notice_id, sender.policy, sender.now())
        return message.id if message else None


def pump(sender: sending.Sender) -> int:
    return sending.pump(sender, EVERYTHING, most=50, seconds=60)


def states(database: Database) -> list[tuple[str, str]]:
    with database.unit_of_work() as session:
        return [(m.channel, m.state) for m in session.scalars(select(Message).order_by(Message.id))]


def test_a_notice_becomes_one_message(desk: Desk, providers: Providers, clock: Clock) -> None:
    case, sender = desk.submit(), sender_of(desk.database, providers, clock)
    notice = notice_of(desk, case)
    assert plan(sender, notice) is not None
    assert plan(sender, notice) is None  # twice makes it once
    assert (pump(sender), pump(sender)) == (1, 0)
    (arrived,) = providers.esms.arrived
    assert arrived.text.startswith(f"Ho so {case.reference} (Dang ky khai sinh) da duoc gui.")
    assert arrived.text.isascii()
    assert states(desk.database) == [("sms", "sent")]


def test_who_dies_between_sending_and_recording_does_not_double(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    plan(sender, notice_of(desk, desk.submit()))
    with desk.database.unit_of_work() as session:
        claimed = sending.claim(session, sender, clock())
    assert claimed is not None
    gateway = sender.routes.gateway("sms", "esms")
    assert gateway is not None
    gateway.send(claimed.outgoing)  # and here the process is killed
    assert pump(sender) == 0  # somebody has it in hand
    clock.now += sending.LEASE
    assert pump(sender) == 1
    assert (len(providers.esms.arrived), states(desk.database)) == (1, [("sms", "sent")])


@pytest.mark.parametrize(("mood", "arrives"), [(LOSE_ANSWER, 1), (LOSE_REQUEST, 0)])
def test_a_gateway_that_drops_no_doubles_is_not_asked_twice(
    desk: Desk, providers: Providers, clock: Clock, mood: str, arrives: int
) -> None:
    """Unclear at Zalo: no second Zalo message; what is missing comes by SMS once the receipt does not come."""
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    plan(sender, notice_of(desk, desk.submit()))
    providers.zalo.mood = lambda: mood
    pump(sender)
    assert states(desk.database) == [("zalo", "unclear")]
    providers.zalo.mood = lambda: ANSWER
    for _ in range(80):
        clock.now += timedelta(seconds=10)
        pump(sender)
    assert (len(providers.zalo.arrived), len(providers.esms.arrived)) == (arrives, 1)


def test_a_receipt_settles_what_was_unclear(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    plan(sender, notice_of(desk, desk.submit()))
    providers.zalo.mood = lambda: LOSE_ANSWER
    pump(sender)
    key = providers.zalo.arrived[0].key
    for fate in (Fate.DELIVERED, Fate.DELIVERED, Fate.FAILED, Fate.ACCEPTED):  # twice, and in the wrong order
        with desk.database.unit_of_work() as session:
            assert receipts.receive_receipt(session, "zalo", "zbs", "z1", key, fate, ZALO, clock())
    clock.now += timedelta(hours=3)
    assert (pump(sender), states(desk.database), providers.esms.arrived) == (0, [("zalo", "delivered")], [])


def test_unknown_receipts_are_no_error(desk: Desk, clock: Clock) -> None:
    with desk.database.unit_of_work() as session:
        assert not receipts.receive_receipt(session, "sms", "esms", "x", "y", Fate.DELIVERED, Policy(), clock())
        assert not receipts.receive_receipt(session, "sms", "esms", "", None, Fate.DELIVERED, Policy(), clock())


def test_who_has_no_zalo_gets_an_sms(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    providers.zalo.has_zalo = lambda phone: False
    plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    assert states(desk.database) == [("zalo", "failed"), ("sms", "sent")]
    assert (len(providers.zalo.arrived), len(providers.esms.arrived)) == (0, 1)


def test_without_a_receipt_the_next_way_is_taken(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    with desk.database.unit_of_work() as session:  # Zalo does not know it either
        session.scalars(select(Message)).one().provider_id = None
    clock.now += timedelta(minutes=3)
    pump(sender)
    assert states(desk.database) == [("zalo", "unconfirmed"), ("sms", "sent")]


def test_where_zalo_says_it_has_arrived_nothing_follows(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    clock.now += timedelta(minutes=3)  # the webhook is lost; the question is answered
    pump(sender)
    assert states(desk.database) == [("zalo", "delivered")]


def test_a_failing_gateway_is_passed_over_at_once(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, sms=("esms", "smpp"))
    providers.esms.mood = lambda: "103"  # no balance
    for _ in range(4):
        plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    assert (len(providers.esms.arrived), len(providers.smsc.arrived)) == (0, 4)
    with desk.database.unit_of_work() as session:
        health = session.get(GatewayHealth, "sms:esms")
        assert health is None or routes.is_closed(session, "sms", "esms", clock())
        assert any("esms" in words for words in log.alarms(session, clock())) == (health is not None)


def test_who_dies_at_the_second_gateway_leaves_word_of_it(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, sms=("esms", "vnpt"))
    plan(sender, notice_of(desk, desk.submit()))
    with desk.database.unit_of_work() as session:
        claimed = sending.claim(session, sender, clock())
    assert claimed is not None
    second = sender.routes.gateway("sms", claimed.order[1])
    assert second is not None
    providers.all[claimed.order[0]].mood = lambda: "429"
    second.send, sends = lambda message: 1 / 0, second.send  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):  # it has the message, and the process is killed
        sends(claimed.outgoing)
        sending.send(sender, claimed)
    with desk.database.unit_of_work() as session:
        assert session.get_one(Message, claimed.id).gateway == claimed.order[1]


def test_weights_move_away_and_drift_back(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, sms=("esms", "smpp"))
    plan(sender, notice_of(desk, desk.submit()))

    def share(outcomes: str, milliseconds: int = 10) -> float:
        with desk.database.unit_of_work() as session:
            message_id = session.scalar(select(Message.id)) or 0
            session.add_all(
                MessageTry(message_id=message_id, gateway="sms:esms", at=clock(), milliseconds=milliseconds,
                           outcome="later" if letter == "f" else "accepted") for letter in outcomes
            )  # fmt: skip
            session.flush()
            routes.measure(session, sender.routes, clock())
            row = session.get_one(GatewayHealth, "sms:esms")
            session.refresh(row)
            found = row.share
        clock.now += timedelta(minutes=2)
        return found

    assert share("sssss") == 1.0
    assert share("ssssssssf") == 0.5
    assert share("sssss", milliseconds=5000) == 0.25
    assert share("sssss") == pytest.approx(0.35)
    with desk.database.unit_of_work() as session:
        assert not routes.is_closed(session, "sms", "esms", clock())
    clock.now -= timedelta(minutes=2)
    share("ffffff")
    clock.now -= timedelta(minutes=2)
    with desk.database.unit_of_work() as session:
        assert routes.is_closed(session, "sms", "esms", clock())
        for _ in range(20):  # the closed one is asked last
            assert routes.order(session, sender.routes, "sms", clock(), sender.chance) == ["smpp", "esms"]
    for _ in range(12):
        clock.now += timedelta(minutes=2)
        share("")
    with desk.database.unit_of_work() as session:
        assert session.get_one(GatewayHealth, "sms:esms").share == 1.0


def test_nobody_takes_it_and_it_is_tried_again_later(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    plan(sender, notice_of(desk, desk.submit()))
    providers.esms.mood = lambda: "160"
    waits = []
    for _ in range(5):
        pump(sender)
        with desk.database.unit_of_work() as session:
            message = session.scalars(select(Message)).one()
            assert message.next_try_at is not None and message.state == MessageState.WAITING
            waits.append((message.next_try_at - clock()).total_seconds())
            clock.now = message.next_try_at
    assert all(1.5 <= wait / 2**n <= 2.5 for n, wait in enumerate(waits)), waits
    providers.esms.mood = lambda: ANSWER
    pump(sender)
    assert len(providers.esms.arrived) == 1


def test_quiet_hours(desk: Desk, providers: Providers, clock: Clock) -> None:
    policy = Policy(quiet=(time(22), time(6)))
    sender = sender_of(desk.database, providers, clock, policy=policy)
    clock.now = desk.now = datetime(2026, 3, 10, 16, tzinfo=UTC)  # 23:00
    plan(sender, notice_of(desk, desk.submit()))
    assert pump(sender) == 0
    urgent = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu trang"})
    plan(sender, notice_of(desk, urgent))
    assert pump(sender) == 1
    clock.now = datetime(2026, 3, 10, 23, tzinfo=UTC)  # 6:00
    assert pump(sender) >= 1


@pytest.mark.parametrize(
    ("hour", "quiet", "until"),
    [(23, (22, 6), 7), (5, (22, 6), 1), (12, (22, 6), None), (6, (22, 6), None), (22, (22, 6), 8), (13, (12, 14), 1)],
)
def test_the_end_of_quiet_hours(hour: int, quiet: tuple[int, int], until: int | None) -> None:
    policy = Policy(quiet=(time(quiet[0]), time(quiet[1])))
    moment = datetime(2026, 3, 10, hour, tzinfo=UTC) - timedelta(hours=7)
    found = policy.quiet_until(moment)
    assert found == (moment + timedelta(hours=until) if until is not None else None)


def test_several_of_one_case_within_a_minute_are_one(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    case = desk.submit()
    plan(sender, notice_of(desk, case))
    pump(sender)
    for login, action, details in (("motcua", Action.ACCEPT, {}), ("system", Action.ROUTE, {})):
        desk.do(case, login, action, details=details)
    clock.now += timedelta(seconds=10)
    plan(sender, notice_of(desk, case))
    desk.do(case, "truongphong", Action.RESCHEDULE, details={"new_day": "2026-04-10", "reason": "Chậm"})
    clock.now += timedelta(seconds=5)
    plan(sender, notice_of(desk, case))
    assert pump(sender) == 0
    clock.now += timedelta(seconds=60)
    assert pump(sender) == 1
    assert states(desk.database) == [("sms", "sent"), ("sms", "merged"), ("sms", "sent")]
    assert [("xin loi" in m.text) for m in providers.esms.arrived] == [False, True]


def test_not_too_many_to_one_address_in_a_day(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock, policy=Policy(quiet=None, most_a_day=2))
    for _ in range(3):
        plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    assert [state for _, state in states(desk.database)] == ["sent", "sent", "limited"]
    clock.now += timedelta(days=1, minutes=1)
    plan(sender, notice_of(desk, desk.submit()))
    pump(sender)
    assert len(providers.esms.arrived) == 3


def test_what_the_person_has_chosen(desk: Desk, providers: Providers, clock: Clock) -> None:
    policy = replace(ZALO, base_url="http://cong.example")
    sender = sender_of(desk.database, providers, clock, zalo=True, email=True, policy=policy)
    with desk.database.unit_of_work() as session:
        account = desk.account(session, "congdan")
        preferences.save(session, account.id, ["email", "sms"], "toi@nha.example", "en", account.phone, clock())
    case = desk.submit()
    plan(sender, notice_of(desk, case))
    pump(sender)
    (mail,) = providers.mail.arrived
    assert (mail.to, mail.subject) == ("toi@nha.example", f"Case {case.reference}: Received")
    assert f"http://cong.example/ho-so/{case.reference}" in mail.text
    with desk.database.unit_of_work() as session:
        preferences.save(session, account.id, [], "", "vi", account.phone, clock())
    assert plan(sender, notice_of(desk, desk.submit())) is None  # the inbox is enough


def test_whoever_stopped_messages_gets_none(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        phone = session.get_one(Notice, notice_of(desk, case)).phone
        session.add(ChannelStop(channel="sms", address=phone, since=clock()))
    assert plan(sender, notice_of(desk, case)) is None


@pytest.mark.parametrize(("mood", "tries"), [("-144", 1), ("-100", 4)])
def test_a_channel_that_takes_nothing_is_passed_over(
    desk: Desk, providers: Providers, clock: Clock, mood: str, tries: int
) -> None:
    """The day's quota is used up, or Zalo is busy again and again."""
    sender = sender_of(desk.database, providers, clock, zalo=True, policy=ZALO)
    plan(sender, notice_of(desk, desk.submit()))
    providers.zalo.mood = lambda: mood
    for _ in range(tries):
        assert providers.esms.arrived == []
        pump(sender)
        clock.now += timedelta(seconds=30)
    assert states(desk.database) == [("zalo", "failed"), ("sms", "sent")]


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 6))])
def test_whatever_the_gateways_do_each_is_told_once(desk: Desk, providers: Providers, clock: Clock, seed: int) -> None:
    """Down, slow to answer, answering with every class of error, receipts twice and late: none lost, none doubled."""
    chance = random.Random(seed)
    sender = sender_of(desk.database, providers, clock, zalo=True, sms=("esms", "vnpt"), seed=seed,
                       policy=replace(ZALO, most_a_day=1000))  # fmt: skip
    bad = {
        "zbs": [LOSE_ANSWER, LOSE_REQUEST, "-100", "-144", "-118", "-137", "-132", "503"],
        "esms": [LOSE_ANSWER, LOSE_REQUEST, "160", "103", "503", "429"],
        "vnpt": ["7", "429"],  # it can tell nothing of what it has: what it lost would be told by nobody
    }
    for name, moods in bad.items():
        providers.all[name].mood = lambda moods=moods: chance.choice([ANSWER, *moods])
    notices = []
    for _ in range(25):
        notices.append(notice_of(desk, desk.submit()))
        plan(sender, notices[-1])
    told: set[str] = set()
    for turn in range(400):
        clock.now += timedelta(seconds=chance.choice([1, 5, 20]))
        if turn == 200:
            for name in bad:
                providers.all[name].mood = lambda: ANSWER
        pump(sender)
        late = [m.key for m in providers.zalo.arrived if m.key not in told and chance.random() < 0.8]
        for key in [key for key in late for _ in range(chance.choice([1, 1, 2]))]:
            with desk.database.unit_of_work() as session:
                receipts.receive_receipt(session, "zalo", "zbs", "", key, Fate.DELIVERED, ZALO, clock())
            told.add(key)
    arrived = [m.key for name in bad for m in providers.all[name].arrived]
    assert len(arrived) == len(set(arrived)), "a key came twice"
    by_notice = Counter(key.split("-")[0] for key in arrived)
    assert by_notice == {f"n{notice}": 1 for notice in notices}


def test_urgent_before_bulk(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    with desk.database.unit_of_work() as session:
        session.add_all(
            Message(key=f"b{n}", purpose="case.clock_shifted", channel="sms", lane=lane, address="+84912000000",
                    text=f"{lane.name} {n}", state=MessageState.WAITING, next_try_at=clock(), event_at=clock(),
                    created_at=clock())
            for n, lane in enumerate([Lane.BULK, Lane.BULK, Lane.NORMAL, Lane.URGENT])
        )  # fmt: skip
    pump(sender)
    assert [m.text for m in providers.esms.arrived] == ["URGENT 3", "NORMAL 2", "BULK 0", "BULK 1"]


def test_a_clock_that_was_ahead_holds_nothing_back(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    plan(sender, notice_of(desk, desk.submit()))
    clock.now += timedelta(days=1)
    with desk.database.unit_of_work() as session:
        assert sending.claim(session, sender, clock()) is not None  # and the worker is killed
    clock.now -= timedelta(days=1)
    assert pump(sender) == 1
    assert len(providers.esms.arrived) == 1


def test_what_is_too_old_is_not_told(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    plan(sender, notice_of(desk, desk.submit()))
    clock.now += timedelta(days=4)
    pump(sender)
    assert (providers.esms.arrived, states(desk.database)) == ([], [("sms", "failed")])


def test_an_operator_sends_again(desk: Desk, providers: Providers, clock: Clock) -> None:
    sender = sender_of(desk.database, providers, clock)
    number = plan(sender, notice_of(desk, desk.submit()))
    providers.esms.mood = lambda: "108"
    pump(sender)
    providers.esms.mood = lambda: ANSWER
    with desk.database.unit_of_work() as session:
        again = log.send_again(session, number or 0, "Số đã mở lại", by=desk.actor("vanhanh"), now=clock())
        assert again.key.endswith("-2")
    pump(sender)
    assert states(desk.database) == [("sms", "failed"), ("sms", "sent")]
    with desk.database.unit_of_work() as session:
        (figures,) = log.figures(session, clock() - timedelta(hours=1))
        assert (figures.written, figures.sent, figures.failed) == (2, 1, 1)
        assert [t.outcome for t in log.tries_of(session, number or 0)] == ["refused"]


def test_a_lane_that_waits_is_an_alarm(desk: Desk, clock: Clock, providers: Providers) -> None:
    plan(sender_of(desk.database, providers, clock), notice_of(desk, desk.submit()))
    with desk.database.unit_of_work() as session:
        assert log.alarms(session, clock()) == []
        assert log.alarms(session, clock() + timedelta(minutes=6)) != []


def test_channels_have_words(desk: Desk) -> None:
    assert set(log.CHANNEL_WORDS) == set(Channel)
    assert set(log.STATE_WORDS) == set(MessageState)
