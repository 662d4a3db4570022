"""Papers by post: ordered once, tracked, called off; whatever the carrier does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal.base.errors import Invalid, Refusal
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.gateways.post.vnpost import VnPost as Gateway
from portal.gateways.posting import Way
from portal.posting import actions
from portal.posting.models import OrderState, PostalOrder
from portal.standins.vnpost import VnPost
from portal.standins.web import ANSWER, LOSE_ANSWER, Web
from tests.support.desk import Desk

ADDRESS = {"name": "Nguyễn Văn A", "phone": "0912000000", "street": "Thôn 1", "commune": "Xã Chi Lăng"}


@pytest.fixture
def carrier() -> Iterator[VnPost]:
    web = Web()
    yield VnPost(web)
    web.close()


@pytest.fixture
def post(carrier: VnPost) -> Gateway:
    return Gateway({"POST_VNPOST_URL": carrier.url, "POST_VNPOST_TOKEN_URL": f"{carrier.url}/token",
                    "POST_VNPOST_KEY": "thu-nghiem", "POST_VNPOST_SECRET": "thu-nghiem"})  # fmt: skip


def order(desk: Desk, case: Case, way: Way = Way.RETURN, **changes: str) -> PostalOrder:
    with desk.database.unit_of_work() as session:
        return actions.order(session, case.id, {**ADDRESS, "way": way, **changes}, None, desk.now)


def carry(desk: Desk, post: Gateway, later: timedelta = timedelta(0)) -> None:
    actions.carry_due(desk.database, post, lambda: desk.now + later)


def state(desk: Desk, found: PostalOrder) -> str:
    with desk.database.unit_of_work() as session:
        return session.get_one(PostalOrder, found.id).state


def test_a_result_is_ordered_once_and_tracked_home(desk: Desk, carrier: VnPost, post: Gateway) -> None:
    case = desk.case_at(Action.RELEASE)
    found = order(desk, case, cod="30.000")
    carrier.mood = lambda: LOSE_ANSWER
    carry(desk, post)
    carrier.mood = lambda: ANSWER
    carry(desk, post, timedelta(hours=1))
    assert (state(desk, found), len(carrier.orders)) == (OrderState.ORDERED, 1)
    sent = carrier.orders[found.key]
    assert (sent["FlagConfig"], sent["CODAmount"], sent["ReceiverName"]) == (2, 30000, "Nguyễn Văn A")
    assert sent["ReceiverAddress"] == "Thôn 1, Xã Chi Lăng"
    for said, expected in (("under_way", OrderState.UNDER_WAY), ("delivered", OrderState.DELIVERED)):
        carrier.states[found.key] = said
        desk.now += timedelta(hours=2)
        carry(desk, post)
        assert state(desk, found) == expected
    desk.now += timedelta(days=1)
    carrier.mood = lambda: "500"
    carry(desk, post)
    assert state(desk, found) == OrderState.DELIVERED, "nobody asks any more"


def test_papers_are_fetched_before_it_is_accepted(desk: Desk, carrier: VnPost, post: Gateway) -> None:
    case = desk.submit()
    with pytest.raises(Refusal):
        order(desk, case, Way.RETURN)
    found = order(desk, case, Way.COLLECT)
    with pytest.raises(Refusal):
        order(desk, case, Way.COLLECT)
    carry(desk, post)
    assert (carrier.orders[found.key]["FlagConfig"], carrier.orders[found.key]["SenderName"]) == (1, "Nguyễn Văn A")


def test_it_is_called_off_there_as_well(desk: Desk, carrier: VnPost, post: Gateway) -> None:
    case = desk.case_at(Action.RELEASE)
    found = order(desk, case)
    carry(desk, post)
    with desk.database.unit_of_work() as session:
        actions.cancel(session, case.id, found.id, desk.now)
    carry(desk, post)
    assert (state(desk, found), carrier.orders) == (OrderState.CANCELLED, {})
    again = order(desk, case)
    assert again.key != found.key


def test_what_the_carrier_refuses_is_said(desk: Desk, carrier: VnPost, post: Gateway) -> None:
    found = order(desk, desk.case_at(Action.RELEASE))
    carrier.mood = lambda: "901"
    carry(desk, post)
    assert state(desk, found) == OrderState.REFUSED


@pytest.mark.parametrize("name", ["name", "phone", "street", "commune", "cod"])
def test_a_wrong_address_is_told_at_its_field(desk: Desk, name: str) -> None:
    case = desk.case_at(Action.RELEASE)
    with pytest.raises(Invalid) as invalid:
        order(desk, case, **{name: "x" if name in ("phone", "cod") else " "})
    assert set(invalid.value.errors) == {name}
