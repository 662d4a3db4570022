"""Queues: what is in them, pages in both directions, filters, finding people, counts, saved views."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.cases import supplements
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.waiting import Work
from portal.desk import queues, saved_views
from portal.desk.queues import Queue
from portal.desk.wanted import Due, Wanted
from portal.identity.actions import appoint
from portal.identity.models import Role
from portal.runtime import demo
from tests.support.answers import BIRTH
from tests.support.desk import Desk


def ids(page: queues.Page) -> list[int]:
    return [row.case.id for row in page.rows]


def walk(session: Session, desk: Desk, login: str, queue: Queue, **more: object) -> list[list[int]]:
    """The ids on each page from the first to the last, and the same pages read backwards."""
    actor = desk.actor(login)
    pages, after = [], ""
    while True:
        page = queues.page(session, actor, queue, desk.now, after=after, size=2, **more)  # type: ignore[arg-type]
        pages.append(page)
        if page.after is None:
            break
        after = page.after
    forward = [ids(page) for page in pages]
    back, before = [forward[-1]], pages[-1].before
    while before:
        page = queues.page(session, actor, queue, desk.now, before=before, size=2, **more)  # type: ignore[arg-type]
        back.append(ids(page))
        before = page.before
    assert back[::-1] == forward
    return forward


@pytest.mark.parametrize("queue", list(Queue))
def test_pages_in_both_directions(desk: Desk, queue: Queue) -> None:
    cases = [desk.submit() for _ in range(5)]
    with desk.database.unit_of_work() as session:
        # Two with the same due time: their numbers decide.
        session.execute(update(Case).where(Case.id.in_([cases[1].id, cases[2].id])).values(acceptance_due_at=desk.now))
    with desk.database.unit_of_work() as session:
        forward = walk(session, desk, "motcua", queue)
        shown = [case_id for page in forward for case_id in page]
        assert sorted(shown) == [case.id for case in cases]
        newest = [case.id for case in cases][::-1]
        by_due = [c.id for c in (cases[1], cases[2], cases[0], cases[3], cases[4])]
        assert shown == (newest if queue is Queue.ALL else by_due)


@pytest.mark.parametrize("place", ["x", "1_2_3", "9" * 30, "-1", "٣", "5_", "_5", "400000000000000000_1"])
@pytest.mark.parametrize("queue", list(Queue))
def test_a_wrong_place_is_the_beginning(desk: Desk, queue: Queue, place: str) -> None:
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        assert ids(queues.page(session, desk.actor("motcua"), queue, desk.now, after=place)) == [case.id]


def test_a_case_that_waits_twice_is_shown_once(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    question = {"agency": demo.POLICE, "question": "Đã đăng ký chưa?", "days": "2"}
    desk.do(case, "chuyenvien", Action.CONSULT, details=question)
    with desk.database.unit_of_work() as session:
        officer = desk.actor("chuyenvien")  # holds the stage, and speaks for the agency that is asked
        assert ids(queues.page(session, officer, Queue.MINE, desk.now)) == [case.id]
        assert queues.counts(session, officer, desk.now) == {Work.GIVE_OPINION: 1, Work.HANDLE: 1}
        only = Wanted(work=Work.GIVE_OPINION, agency=demo.POLICE, role=Role.CASE_OFFICER)
        assert ids(queues.page(session, officer, Queue.MINE, desk.now, only)) == [case.id]
        other = replace(only, agency=demo.AGENCY)
        assert ids(queues.page(session, officer, Queue.MINE, desk.now, other)) == []


def test_counts_stop_where_nobody_counts_further(desk: Desk) -> None:
    for _ in range(3):
        desk.submit()
    with desk.database.unit_of_work() as session:
        assert queues.counts(session, desk.actor("motcua"), desk.now, most=2) == {Work.RECEIVE: 2}
        assert queues.counts(session, desk.actor("congdan"), desk.now) == {}


def test_filters(desk: Desk) -> None:
    new, handled = desk.submit(), desk.case_at(Action.ROUTE)
    officer = handled.assignee_id
    with desk.database.unit_of_work() as session:
        actor = desk.actor("motcua")

        def found(**wanted: str) -> list[int]:
            return sorted(ids(queues.page(session, actor, Queue.OPEN, desk.now, Wanted.of(wanted))))

        both = [new.id, handled.id]
        assert found() == both
        assert found(state=State.SUBMITTED) == [new.id]
        assert found(does="propose") == [handled.id]
        assert found(assignee=str(officer)) == [handled.id]
        assert found(procedure="1.001193") == both
        assert found(procedure="1.000656") == []
        assert found(sector="Hộ tịch") == both
        assert found(sector="Đất đai") == []
        assert found(channel="online") == both
        assert found(channel="desk") == []
        assert found(commune="Phường Tam Thanh") == both
        assert found(commune="Xã Chi Lăng") == []
        assert found(due=Due.LATE) == []
        # What means nothing asks for nothing.
        assert found(state="?", due="?", assignee="x", channel="?", does="?") == both
        desk.now += timedelta(days=10)
        assert found(due=Due.LATE) == both


def test_paused_and_finished_cases_are_not_late(desk: Desk) -> None:
    asked = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu ảnh"})
    finished = desk.case_at(Action.RELEASE)
    desk.now += timedelta(days=400)
    with desk.database.unit_of_work() as session:
        page = queues.page(session, desk.actor("motcua"), Queue.OPEN, desk.now, Wanted(due=Due.LATE))
        assert ids(page) == []
        assert {asked.id, finished.id} <= set(ids(queues.page(session, desk.actor("motcua"), Queue.OPEN, desk.now)))


@pytest.mark.parametrize(
    "typed",
    ["nguyen van a", "NGUYỄN", "ng", "Nguyễn Văn", "0912345678", "0912 345 678", "+84 912 345 678", "020090001234"],
)
def test_people_are_found(desk: Desk, typed: str) -> None:
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        found = queues.page(session, desk.actor("motcua"), Queue.ALL, desk.now, Wanted(text=typed))
        assert ids(found) == [case.id]


@pytest.mark.parametrize(
    "typed", ["tran", "0912345679", "020090001235", "'", "a' & 'b", "\\", ":*", "!!", "🙂", "x" * 200]
)
def test_others_are_not_found_and_nothing_breaks(desk: Desk, typed: str) -> None:
    desk.submit()
    with desk.database.unit_of_work() as session:
        found = queues.page(session, desk.actor("motcua"), Queue.ALL, desk.now, Wanted(text=typed))
        assert ids(found) == []


def test_both_spellings_of_a_code(desk: Desk) -> None:
    case = desk.submit()
    head, rest = case.reference.split("-", 1)
    levels = head.split(".")
    old = f"000.00.{levels[1]}.{levels[0]}-{rest}"
    with desk.database.unit_of_work() as session:
        link = f"https://dvc.vidu.vn/tra-cuu?ma={case.reference}"  # what a scanner reads off a receipt
        for typed in (case.reference, case.reference.lower(), old, link):
            page = queues.page(session, desk.actor("motcua"), Queue.ALL, desk.now, Wanted(text=typed))
            assert ids(page) == [case.id]


def test_new_names_are_found_after_a_supplement(desk: Desk) -> None:
    """Finding follows the people of a case as they are now."""
    case = desk.do(desk.submit(), "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Sai tên"})
    citizen = desk.actor("congdan")
    with desk.database.unit_of_work() as session:
        draft = supplements.draft_of(session, session.get_one(Case, case.id), citizen, desk.now)
        draft.typed = {**draft.typed, "requester_name": "Hoàng Thị Ậm"}
        assert draft.typed["requester_name"] != BIRTH["requester"]["requester_name"]
    with desk.database.unit_of_work() as session:
        supplements.send(session, desk.storage, case.id, by=citizen, note="", expected_version=None, now=desk.now)
    with desk.database.unit_of_work() as session:
        actor = desk.actor("motcua")
        assert ids(queues.page(session, actor, Queue.ALL, desk.now, Wanted(text="hoang thi am"))) == [case.id]
        assert ids(queues.page(session, actor, Queue.ALL, desk.now, Wanted(text="nguyen van a"))) == []
        kept = session.get_one(Case, case.id)
        assert kept.answers_before is not None
        assert kept.answers_before["requester_name"] == "Nguyễn Văn A"


def test_guests_see_the_case_in_their_lists(desk: Desk) -> None:
    """An agency that is asked finds the case among its own; one that takes no part does not."""
    case = desk.case_at(Action.ROUTE)
    with desk.database.unit_of_work() as session:
        account = desk.account(session, "ketoan")
        for position in list(account.positions):
            session.delete(position)
        session.flush()
        appoint(session, account, "so-noi-vu", Role.CASE_OFFICER, desk.now)
    guest = desk.actor("ketoan")

    def lists() -> list[list[int]]:
        with desk.database.unit_of_work() as session:
            return [ids(queues.page(session, guest, queue, desk.now)) for queue in Queue]

    assert lists() == [[], [], []]
    question = {"agency": "so-noi-vu", "question": "Ý kiến?", "days": "2"}
    desk.do(case, "chuyenvien", Action.CONSULT, details=question)
    assert lists() == [[case.id], [case.id], [case.id]]


def test_what_is_ended_is_in_the_list_of_everything_alone(desk: Desk) -> None:
    case = desk.case_at(Action.DELIVER)
    with desk.database.unit_of_work() as session:
        actor = desk.actor("motcua")
        assert [ids(queues.page(session, actor, queue, desk.now)) for queue in Queue] == [[], [], [case.id]]


def test_the_next_case(desk: Desk) -> None:
    first, second = desk.submit(), desk.submit()
    with desk.database.unit_of_work() as session:
        actor = desk.actor("motcua")
        rows = [session.get_one(Case, case.id) for case in (first, second)]
        assert queues.next_of(session, actor, rows[0], desk.now) == second.reference
        assert queues.next_of(session, actor, rows[1], desk.now) == first.reference
    desk.do(second, "motcua", Action.ACCEPT)
    with desk.database.unit_of_work() as session:
        assert queues.next_of(session, actor, session.get_one(Case, first.id), desk.now) is None


def test_saved_views(desk: Desk) -> None:
    me, other = desk.actor("motcua"), desk.actor("chuyenvien")
    wanted = Wanted(state=State.SUBMITTED, text="nguyen")
    with desk.database.unit_of_work() as session:
        saved_views.save(session, me, " Sáng nay ", Queue.OPEN, wanted, ["reference", "due"], desk.now)
        view = saved_views.save(session, me, "Sáng nay", Queue.ALL, wanted, ["reference"], desk.now)
        assert [found.queue for found in saved_views.views_of(session, me)] == [Queue.ALL]
        assert Wanted.of(view.wanted) == wanted
        assert "text" not in wanted.query
        with pytest.raises(NotFound):
            saved_views.view_for(session, other, view.id)
        saved_views.forget(session, other, view.id)
        assert saved_views.view_for(session, me, view.id) is view
        for name in ("", "x" * 61):
            with pytest.raises(Invalid):
                saved_views.save(session, me, name, Queue.ALL, wanted, [], desk.now)
        saved_views.forget(session, me, view.id)
        assert saved_views.views_of(session, me) == []


def test_the_due_time_orders_what_is_accepted(desk: Desk) -> None:
    """The column that the database keeps follows the clocks through a pause and back."""
    case = desk.case_at(Action.ROUTE)

    def at() -> object:
        with desk.database.unit_of_work() as session:
            return session.scalar(select(Case.queue_at).where(Case.id == case.id))

    assert at() == case.due_at
    case = desk.do(case, "chuyenvien", Action.REQUEST_SUPPLEMENT, details={"request": "Thiếu"})
    assert at() == case.supplement_due_at
