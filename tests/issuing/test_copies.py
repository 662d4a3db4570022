"""Certified copies (SAO Y): of what was scanned from an original, numbered once, sealed, in the wallet."""

from __future__ import annotations

import pytest

from portal.base.errors import Forbidden, NotFound, Refusal
from portal.cases import copies
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.cases.outgoing import NEXT_STEP
from portal.documents import wallet
from portal.documents.models import Document, Scan, Source
from portal.documents.signatures import signatures_of
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.tools import Tools
from tests.documents.test_signatures import real_pdf
from tests.issuing.conftest import Papers
from tests.support.desk import Desk
from tests.support.pki import AGENCY_NAME, Pki


def scanned(desk: Desk, case: Case) -> Document:
    """A paper that was scanned at the desk."""
    content = real_pdf()
    with desk.database.unit_of_work() as session:
        made = Document(case_id=case.id, slot=0, file_name="bằng tốt nghiệp.pdf", media_type="application/pdf",
                        size=len(content), sha256=desk.storage.put(content), uploaded_at=desk.now, scan=Scan.OFF,
                        source=Source.SCANNED)  # fmt: skip
        session.add(made)
        session.flush()
        return made


def certify(desk: Desk, tools: Tools, case: Case, document: Document, login: str = "motcua") -> OutgoingPaper:
    with desk.database.unit_of_work() as session:
        return copies.certify(session, tools, case.id, document.id, desk.actor(login), desk.now, NEXT_STEP)


def test_a_copy_is_numbered_sealed_and_kept(desk: Desk, papers: Papers, tools: Tools, pki: Pki) -> None:
    case = desk.case_at(Action.ROUTE)
    paper = certify(desk, tools, case, scanned(desk, case))
    assert (paper.number, paper.is_result, paper.signer_id) == (1, False, None)
    while paper.step != Step.DONE:
        paper = papers.step(tools, paper)
    report = signatures_of(papers.content(paper), pki.authority.roots)
    assert report is not None
    assert (report.problem, report.signers) == (None, (AGENCY_NAME,))
    with desk.database.unit_of_work() as session:
        kept = wallet.papers_of(session, desk.account(session, "congdan").id)
    copy = next(one for one in kept if one.kind == "sao-y")
    assert (copy.name, copy.number, copy.issuer) == ("Bản sao y: bằng tốt nghiệp.pdf", "1/2026",
                                                     "Ủy ban nhân dân phường Tam Thanh")  # fmt: skip
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).state == "in_process", "a copy moves no case"


def test_once_each_and_only_of_what_was_scanned(desk: Desk, tools: Tools) -> None:
    case = desk.case_at(Action.ROUTE)
    document = scanned(desk, case)
    with pytest.raises(Forbidden):
        certify(desk, tools, case, document, "chuyenvien")
    certify(desk, tools, case, document)
    with pytest.raises(NotFound):
        certify(desk, tools, case, document)
    with desk.database.unit_of_work() as session:
        uploaded = next(one for one in session.query(Document).filter_by(case_id=case.id) if one.source == "uploaded")
    with pytest.raises(NotFound):
        certify(desk, tools, case, uploaded)


def test_not_without_a_seal(desk: Desk, pki: Pki) -> None:
    case = desk.case_at(Action.ROUTE)
    with pytest.raises(Refusal) as refused:
        certify(desk, pki.tools(desk.storage), case, scanned(desk, case))
    assert refused.value.code == "no_certificate"
