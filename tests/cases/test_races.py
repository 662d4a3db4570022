"""Two at once: one succeeds, the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from portal.base.errors import Refusal
from portal.cases import intake
from portal.cases.lifecycle import Action
from portal.issuing.register import result_of
from tests.support.desk import Desk


def test_one_of_many_acceptances_succeeds(desk: Desk) -> None:
    case = desk.submit()

    def accept(_: int) -> bool:
        try:
            desk.do(case, "motcua", Action.ACCEPT)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(accept, range(8))) == 1


def test_many_clicks_on_send_make_one_case(desk: Desk) -> None:
    draft = desk.draft()
    actor = desk.actor("congdan")

    def send(_: int) -> str:
        with desk.database.unit_of_work() as session:
            return intake.submit(session, desk.storage, draft.id, by=actor, now=desk.now).reference

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(8)))) == 1


def test_results_are_numbered_without_gaps_or_doubles(desk: Desk) -> None:
    cases = [desk.case_at(Action.APPROVE) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda case: desk.do(case, "vanthu", Action.ISSUE), cases))
    with desk.database.unit_of_work() as session:
        numbers = sorted(result_of(session, case.id).number for case in cases)
    assert numbers == list(range(1, 9))
