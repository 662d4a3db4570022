"""Orders to the carrier: made at the desk or by the applicant, handed over and tracked by workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.db import Database, claim_due
from portal.base.errors import Invalid, NotFound, Refusal
from portal.base.logs import logger
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.gateways.messages import SendingError, WrongMessage
from portal.gateways.posting import Address, Carried, Post, PostOrder, Way
from portal.posting.models import OrderState, PostalOrder
from services_catalog.fields import FieldError, clean_answer
from services_catalog.form import FormField

_LEASE, _TRY_AGAIN, _TRACK_EVERY = timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)
OPEN = (OrderState.NEW, OrderState.ORDERED, OrderState.UNDER_WAY)
_PHONE = FormField(name="phone", label="Số điện thoại", kind="phone")
_MOST_COD = 50_000_000
_log = logger(__name__)
WAY_NAMES = {Way.RETURN: "Trả kết quả tại nhà", Way.COLLECT: "Nhận hồ sơ giấy tại nhà"}
STATE_NAMES = {
    OrderState.NEW: "Đang gửi đơn cho bưu điện", OrderState.ORDERED: "Bưu điện đã nhận đơn",
    OrderState.UNDER_WAY: "Đang trên đường", OrderState.DELIVERED: "Đã giao",
    OrderState.RETURNED: "Giao không được, bưu điện chuyển hoàn", OrderState.REFUSED: "Bưu điện không nhận đơn",
    OrderState.CANCELLED: "Đã hủy",
}  # fmt: skip


def orders_of(session: Session, case_id: int) -> Sequence[PostalOrder]:
    """The orders of a case, the latest first."""
    query = select(PostalOrder).where(PostalOrder.case_id == case_id)
    return session.scalars(query.order_by(PostalOrder.id.desc())).all()


def ways_open(case: Case, orders: Sequence[PostalOrder]) -> list[Way]:
    """What may be ordered now: papers are fetched until it is accepted or asked for more, results once there is one."""
    taken = {order.way for order in orders if order.state in OPEN}
    may = []
    if case.state in (State.SUBMITTED, State.SUPPLEMENT):
        may.append(Way.COLLECT)
    if case.state in (State.ISSUING, State.FINISHED, State.RETURNED):
        may.append(Way.RETURN)
    return [way for way in may if way not in taken]


def order(session: Session, case_id: int, given: Mapping[str, str], by: int | None, now: datetime) -> PostalOrder:
    """Order a carrier. The caller has seen to it that the person may. Raises `Invalid`, `Refusal`."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    before = orders_of(session, case.id)
    if given.get("way") not in [way.value for way in ways_open(case, before)]:
        raise Refusal("not_now", "Lúc này hồ sơ không gửi được theo cách đó, hoặc đã có đơn chưa xong.")
    found = PostalOrder(
        case_id=case.id, way=given["way"], key=f"{case.reference}-{len(before) + 1}", made_by=by, made_at=now,
        changed_at=now, next_at=now, state=OrderState.NEW, **_address(given, now),
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


def cancel(session: Session, case_id: int, order_id: int, now: datetime) -> PostalOrder:
    """Call off an order that is not on its way. Raises `NotFound`, `Refusal`."""
    found = session.get(PostalOrder, order_id, with_for_update=True)
    if found is None or found.case_id != case_id:
        raise NotFound("Không tìm thấy đơn này.")
    if found.state not in (OrderState.NEW, OrderState.ORDERED):
        raise Refusal("not_now", "Bưu điện đã nhận giấy tờ, không hủy được nữa.")
    found.state, found.changed_at, found.next_at = OrderState.CANCELLED, now, now
    return found


def carry_due(database: Database, post: Post, now: Callable[[], datetime], *, most: int = 100) -> int:
    """Speak to the carrier about what is due, one after the other; returns how many. Any number may run."""
    for count in range(most):
        with database.unit_of_work() as session:
            found = claim_due(session, PostalOrder, PostalOrder.next_at, now(), _LEASE)
            if found is None:
                return count
            wanted = _order_of(session, found)
            order_id, state = found.id, OrderState(found.state)
        try:
            item, tracked = _speak(post, wanted, state)
        except SendingError as error:
            _log.warning("carrier_says_no", order=order_id, code=error.code)
            _note(database, order_id, state, refused=isinstance(error, WrongMessage), now=now())
            continue
        with database.unit_of_work() as session:
            _apply(session.get_one(PostalOrder, order_id, with_for_update=True), state, item, tracked, now())
    return most


def _speak(post: Post, wanted: PostOrder, state: OrderState) -> tuple[str | None, tuple[OrderState, str] | None]:
    if state is OrderState.CANCELLED:
        post.cancel(wanted.key)
        return None, None
    if state is OrderState.NEW:
        return post.order(wanted), (OrderState.ORDERED, STATE_NAMES[OrderState.ORDERED])
    tracked = post.track(wanted.key)
    return None, (_STATES[tracked.carried] if tracked.carried else state, tracked.text)


_STATES = {
    Carried.ORDERED: OrderState.ORDERED, Carried.UNDER_WAY: OrderState.UNDER_WAY,
    Carried.DELIVERED: OrderState.DELIVERED, Carried.RETURNED: OrderState.RETURNED,
}  # fmt: skip


def _apply(
    found: PostalOrder, was: OrderState, item: str | None, said: tuple[OrderState, str] | None, now: datetime
) -> None:
    found.item_code = item or found.item_code
    if said is None:
        found.next_at = None
    elif found.state != was:  # called off meanwhile: the carrier is told next
        found.next_at = now
    else:
        if found.state != said[0]:
            found.changed_at = now
        found.state, found.tracking = said
        found.next_at = now + _TRACK_EVERY if said[0] in OPEN else None


def _note(database: Database, order_id: int, was: OrderState, *, refused: bool, now: datetime) -> None:
    with database.unit_of_work() as session:
        found = session.get_one(PostalOrder, order_id, with_for_update=True)
        found.next_at = now + _TRY_AGAIN
        if refused and was is OrderState.NEW:
            found.state, found.changed_at, found.next_at = OrderState.REFUSED, now, None
        elif refused and was is OrderState.CANCELLED:  # too late: it is on its way
            found.state, found.changed_at = OrderState.UNDER_WAY, now


def _order_of(session: Session, found: PostalOrder) -> PostOrder:
    case = session.get_one(Case, found.case_id)
    agency = session.get_one(Agency, case.agency_key)
    here = Address(agency.name, "", "Bộ phận một cửa", agency.name)
    there = Address(found.name, found.phone, found.street, found.commune)
    way = Way(found.way)
    sender, receiver = (here, there) if way is Way.RETURN else (there, here)
    return PostOrder(found.key, way, sender, receiver, f"Hồ sơ {case.reference}", found.cod_vnd)


def _address(given: Mapping[str, str], now: datetime) -> dict[str, str | int]:
    errors = {}
    texts = {name: (given.get(name) or "").strip() for name in ("name", "street", "commune")}
    for name, label in (("name", "họ tên người nhận"), ("street", "số nhà, thôn, đường"), ("commune", "xã, phường")):
        if not texts[name]:
            errors[name] = f"Hãy ghi {label}."
    try:
        phone = clean_answer(_PHONE, given.get("phone"), local_day(now))
    except FieldError as error:
        errors["phone"] = str(error)
        phone = ""
    cod = (given.get("cod") or "0").strip().replace(".", "")
    if not cod.isdecimal() or int(cod) > _MOST_COD:
        errors["cod"] = "Số tiền chỉ gồm chữ số, không quá 50 triệu đồng."
    if errors:
        raise Invalid(errors)
    return {**texts, "phone": str(phone), "cod_vnd": int(cod)}
