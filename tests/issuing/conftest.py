"""One authority for a test process, and papers to sign."""

from __future__ import annotations

import pytest

from portal.cases import outgoing
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.register import result_of
from portal.issuing.tools import Tools
from tests.support.desk import Desk
from tests.support.pki import Pki, bind_agency, bind_person


@pytest.fixture
def tools(desk: Desk, pki: Pki) -> Tools:
    """Tools with certificates bound to the ward and its leader."""
    made = pki.tools(desk.storage)
    bind_agency(desk.database, made, desk.now)
    bind_person(desk.database, made, desk.now)
    return made


class Papers:
    """Shortcuts for papers on their way out."""

    def __init__(self, desk: Desk):
        self.desk = desk

    def numbered(self) -> OutgoingPaper:
        """The result of a case that was just issued."""
        return self.of(self.desk.case_at(Action.ISSUE))

    def of(self, case: Case) -> OutgoingPaper:
        """The result of a case as it is now."""
        with self.desk.database.unit_of_work() as session:
            found = result_of(session, case.id)
            assert found is not None
            return found

    def desk_case(self, paper: OutgoingPaper) -> Case:
        """The case of a paper."""
        with self.desk.database.unit_of_work() as session:
            return session.get_one(Case, paper.case_id)

    def step(self, tools: Tools, paper: OutgoingPaper) -> OutgoingPaper:
        """One step further."""
        with self.desk.database.unit_of_work() as session:
            was_new = outgoing.render_new(session, tools, paper.id, self.desk.now)
        if not was_new:
            outgoing.sign_next(self.desk.database, tools, paper.id, self.desk.now)
        return self.of_id(paper.id)

    def of_id(self, paper_id: int) -> OutgoingPaper:
        """A paper as it is now."""
        with self.desk.database.unit_of_work() as session:
            return session.get_one(OutgoingPaper, paper_id)

    def to(self, tools: Tools, step: Step) -> OutgoingPaper:
        """A paper that has come to `step`."""
        paper = self.numbered()
        while paper.step != step:
            before, paper = paper.step, self.step(tools, paper)
            assert paper.step != before, (paper.problem, paper.waits_for_signer)
        return paper

    def content(self, paper: OutgoingPaper) -> bytes:
        """Its bytes."""
        return self.desk.storage.get(paper.content_sha256 or "")


@pytest.fixture
def papers(desk: Desk) -> Papers:
    return Papers(desk)
