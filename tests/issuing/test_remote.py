"""Signing on the phone: asked once for several papers, whatever the provider and the person do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.base.errors import Refusal
from portal.cases import outgoing
from portal.documents.signatures import signatures_of
from portal.identity.models import Account
from portal.issuing import remote
from portal.issuing.models import Asked, OutgoingPaper, SigningRequest, Step
from portal.issuing.signing import Made
from portal.issuing.tools import Tools
from portal.standins.signing_phones import CONFIRM, EXPIRE, REFUSE, WAIT, Wanted
from portal.standins.web import ANSWER, LOSE_ANSWER
from tests.issuing.conftest import Papers
from tests.support.desk import Desk
from tests.support.pki import SIGNER, Pki, bind_agency, bind_person

PERSON = "020090001234"


class Phone:
    """The leader of the ward, whose key lies with a provider."""

    def __init__(self, desk: Desk, pki: Pki, papers: Papers, way: str):
        self.desk, self.pki, self.papers, self.way = desk, pki, papers, way
        self.tools = pki.tools(desk.storage)
        pki.phones.enrol(PERSON, SIGNER)
        pki.phones.wanted.clear()
        bind_agency(desk.database, self.tools, desk.now)
        bind_person(desk.database, self.tools, desk.now, way=way, key=PERSON)
        self.account_id = self._account()

    def _account(self) -> int:
        with self.desk.database.unit_of_work() as session:
            return session.scalars(select(Account.id).where(Account.login == "lanhdao")).one()

    def waiting(self, many: int) -> list[OutgoingPaper]:
        """So many papers that wait for the signer."""
        found = []
        for _ in range(many):
            paper = self.papers.step(self.tools, self.papers.to(self.tools, Step.RENDERED))
            assert (paper.step, paper.waits_for_signer, paper.problem) == (Step.RENDERED, True, None)
            found.append(paper)
        return found

    def ask(self, papers: list[OutgoingPaper]) -> int:
        """Choose papers, and have the provider asked."""
        with self.desk.database.unit_of_work() as session:
            request_id = remote.ask(session, self.account_id, [paper.id for paper in papers], self.desk.now).id
        self.begin(request_id)
        return request_id

    def begin(self, request_id: int) -> None:
        """What the worker does when it is asked."""
        with self.desk.database.unit_of_work() as session:
            remote.begin(session, self.tools, request_id, self.desk.now)
        remote.hand_over(self.desk.database, self.tools, request_id, self.desk.now)

    def decides(self, decision: str) -> None:
        """What the person makes of what is on the phone."""

        def decide(wanted: Wanted) -> str:
            return decision

        self.pki.phones.decide = decide

    def poll(self, request_id: int, tools: Tools | None = None) -> str:
        """What the worker sees; the state of the request after it."""

        def keep(session: object, paper_id: int, made: Made) -> None:
            outgoing.keep_step(session, self.tools, paper_id, Step.RENDERED, made, self.desk.now)  # type: ignore[arg-type]

        remote.poll(self.desk.database, tools or self.tools, request_id, self.desk.now, keep)
        with self.desk.database.unit_of_work() as session:
            return session.get_one(SigningRequest, request_id).state

    def steps(self, papers: list[OutgoingPaper]) -> list[str]:
        """How far papers are."""
        return [self.papers.of_id(paper.id).step for paper in papers]


@pytest.fixture(params=["smartca", "mysign"])
def phone(request: pytest.FixtureRequest, desk: Desk, pki: Pki, papers: Papers) -> Phone:
    return Phone(desk, pki, papers, request.param)


def test_one_confirmation_signs_each_paper(phone: Phone) -> None:
    papers = phone.waiting(3)
    phone.decides(WAIT)
    request = phone.ask(papers)
    assert len(phone.pki.phones.wanted) == 1
    assert phone.poll(request) == Asked.WAITING
    phone.decides(CONFIRM)
    assert phone.poll(request) == Asked.SIGNED
    assert phone.steps(papers) == [Step.SIGNED] * 3
    for paper in papers:
        done = paper
        while done.step != Step.DONE:
            done = phone.papers.step(phone.tools, done)
        report = signatures_of(phone.papers.content(done), phone.pki.authority.roots)
        assert report is not None
        assert (report.problem, report.signers[0]) == (None, SIGNER)


@pytest.mark.parametrize(("decision", "state"), [(REFUSE, Asked.REFUSED), (EXPIRE, Asked.EXPIRED)])
def test_a_refusal_leaves_the_papers_to_be_asked_again(phone: Phone, decision: str, state: Asked) -> None:
    papers = phone.waiting(1)
    phone.decides(decision)
    found = phone.poll(phone.ask(papers))
    # MySign has one answer for everything that is not signed and does not wait.
    assert found == (state if phone.way == "smartca" else Asked.REFUSED)
    assert phone.steps(papers) == [Step.RENDERED]
    phone.decides(CONFIRM)
    assert phone.poll(phone.ask(papers)) == Asked.SIGNED


def test_what_is_asked_cannot_be_asked_twice(phone: Phone) -> None:
    papers = phone.waiting(1)
    phone.decides(WAIT)
    request = phone.ask(papers)
    with phone.desk.database.unit_of_work() as session, pytest.raises(Refusal) as refused:
        remote.ask(session, phone.account_id, [papers[0].id], phone.desk.now)
    assert refused.value.code == "not_now"
    phone.begin(request)  # the message comes twice
    assert len(phone.pki.phones.wanted) == 1
    with phone.desk.database.unit_of_work() as session, pytest.raises(Refusal):
        remote.ask(session, phone.account_id + 1, [papers[0].id], phone.desk.now)


def test_a_signature_that_does_not_fit_is_not_taken(phone: Phone) -> None:
    papers = phone.waiting(1)
    phone.decides(WAIT)
    request = phone.ask(papers)
    wanted = next(iter(phone.pki.phones.wanted.values()))
    wanted.hashes = {name: bytes(32) for name in wanted.hashes}
    phone.decides(CONFIRM)
    assert phone.poll(request) == Asked.FAILED
    assert phone.steps(papers) == [Step.RENDERED]


def test_the_answer_is_lost_and_the_person_is_asked_once(phone: Phone) -> None:
    papers = phone.waiting(1)
    phone.decides(CONFIRM)
    provider = getattr(phone.pki, phone.way)
    provider.mood = lambda: LOSE_ANSWER
    request = phone.ask(papers)
    provider.mood = lambda: ANSWER
    with phone.desk.database.unit_of_work() as session:
        assert session.get_one(SigningRequest, request).state == Asked.NEW
    phone.desk.now += timedelta(minutes=1)
    phone.poll(request)
    assert phone.poll(request) == Asked.SIGNED
    assert phone.steps(papers) == [Step.SIGNED]


def test_another_certificate_sets_its_papers_going(phone: Phone) -> None:
    papers = phone.waiting(1)
    bind_person(phone.desk.database, phone.tools, phone.desk.now)
    assert phone.papers.of_id(papers[0].id).waits_for_signer is False
    assert phone.papers.step(phone.tools, papers[0]).step == Step.SIGNED


def test_what_is_unbound_signs_no_more(phone: Phone) -> None:
    papers = phone.waiting(1)
    phone.decides(WAIT)
    request = phone.ask(papers)
    bind_person(phone.desk.database, phone.tools, phone.desk.now)
    phone.decides(CONFIRM)
    assert phone.poll(request) == Asked.FAILED
    assert phone.steps(papers) == [Step.RENDERED]


def test_no_answer_is_waited_out(phone: Phone) -> None:
    papers = phone.waiting(1)
    phone.decides(WAIT)
    request = phone.ask(papers)
    provider = getattr(phone.pki, phone.way)
    provider.mood = lambda: LOSE_ANSWER
    try:
        assert phone.poll(request) == Asked.WAITING
    finally:
        provider.mood = lambda: ANSWER
    with phone.desk.database.unit_of_work() as session:
        expires = session.get_one(SigningRequest, request).expires_at
    assert expires is not None
    phone.desk.now = expires + timedelta(minutes=2)
    provider.mood = lambda: LOSE_ANSWER
    assert phone.poll(request) == Asked.WAITING, "it may be signed, and only the answer be missing"
    provider.mood = lambda: ANSWER
    assert phone.poll(request) == Asked.EXPIRED
    assert phone.steps(papers) == [Step.RENDERED]
