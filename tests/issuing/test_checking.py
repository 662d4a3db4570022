"""What anybody may know of a paper: by both codes, or by the file; in force, ended, expired."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.cases.lifecycle import Action
from portal.documents import wallet
from portal.documents.models import WalletPaper
from portal.issuing import checking, register
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.register import spaced
from portal.issuing.tools import Tools
from tests.issuing.conftest import Papers
from tests.support.desk import DECISION, Desk
from tests.support.pki import Pki

TODAY = date(2026, 3, 10)


@pytest.fixture
def done(papers: Papers, pki: Pki) -> OutgoingPaper:
    """An issued paper, of an agency without a certificate."""
    return papers.step(pki.tools(papers.desk.storage), papers.numbered())


def known(desk: Desk, code: str, check_code: str, day: date = TODAY) -> checking.Known:
    with desk.database.unit_of_work() as session:
        return checking.by_codes(session, code, check_code, day)


def end(desk: Desk, paper: OutgoingPaper, login: str = "lanhdao", reason: str = "Sai tên", other: str = "") -> None:
    with desk.database.unit_of_work() as session:
        register.end(session, desk.actor(login), paper.id, reason=reason, replaced_by=other, now=desk.now)


def test_both_codes_however_they_are_typed(desk: Desk, done: OutgoingPaper) -> None:
    for code in (done.code, spaced(done.code), f" {spaced(done.code).lower()} "):
        assert known(desk, code, done.check_code.lower()).paper.id == done.id
    for code, check_code in ((done.code, "AAAAAA"), (done.code, ""), ("AAAAAAAAAA", done.check_code), ("", "")):
        with pytest.raises(NotFound):
            known(desk, code, check_code)


def test_one_that_is_not_issued_yet_is_not_there(desk: Desk, papers: Papers, tools: Tools) -> None:
    paper = papers.to(tools, Step.SIGNED)
    with pytest.raises(NotFound):
        known(desk, paper.code, paper.check_code)


def test_the_file_is_the_original_byte_for_byte(desk: Desk, papers: Papers, tools: Tools, pki: Pki) -> None:
    paper = papers.to(tools, Step.DONE)
    content = papers.content(paper)
    with desk.database.unit_of_work() as session:
        same = checking.by_file(session, content, pki.authority.roots, TODAY)
        other = checking.by_file(session, content + b" ", pki.authority.roots, TODAY)
    assert same.known is not None
    assert (same.known.paper.id, same.known.in_force) == (paper.id, True)
    assert (other.known, other.report is not None) == (None, True)


def test_withdrawn_by_who_signs_with_a_reason(desk: Desk, papers: Papers, done: OutgoingPaper) -> None:
    desk.do(papers.desk_case(done), "congdan", Action.DELIVER)
    with pytest.raises(Forbidden):
        end(desk, done, "vanthu")
    with pytest.raises(NotFound):
        end(desk, done, "motcua")
    with pytest.raises(Invalid):
        end(desk, done, reason=" ")
    end(desk, done)
    assert known(desk, done.code, done.check_code).verdict == "Văn bản đã bị thu hồi."
    with pytest.raises(Refusal):
        end(desk, done)
    with desk.database.unit_of_work() as session:
        kept = session.query(WalletPaper).filter_by(is_result=True).one()
        assert wallet.is_expired(kept, TODAY), "nobody hands it in elsewhere"


def test_replaced_by_another_of_the_same_agency(desk: Desk, papers: Papers, pki: Pki, done: OutgoingPaper) -> None:
    with pytest.raises(Invalid) as invalid:
        end(desk, done, other=done.code)
    assert set(invalid.value.errors) == {"replaced_by"}
    newer = papers.step(pki.tools(desk.storage), papers.numbered())
    end(desk, done, other=spaced(newer.code))
    found = known(desk, done.code, done.check_code)
    assert found.successor is not None
    assert (found.verdict, found.successor.id) == ("Văn bản đã được thay thế.", newer.id)


def test_it_holds_until_the_day_that_was_proposed(desk: Desk, papers: Papers, pki: Pki) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Invalid):
        desk.do(case, "chuyenvien", Action.PROPOSE, details={**DECISION, "valid_until": "2026-03-10"})
    desk.do(case, "chuyenvien", Action.PROPOSE, details={**DECISION, "valid_until": "2027-03-10"})
    for login, action in (("truongphong", Action.ENDORSE), ("lanhdao", Action.APPROVE), ("vanthu", Action.ISSUE)):
        desk.do(case, login, action)
    paper = papers.step(pki.tools(desk.storage), papers.of(case))
    assert paper.valid_until == date(2027, 3, 10)
    assert known(desk, paper.code, paper.check_code, paper.valid_until).in_force
    later = known(desk, paper.code, paper.check_code, paper.valid_until + timedelta(days=1))
    assert later.verdict == "Văn bản đã hết thời hạn hiệu lực."
