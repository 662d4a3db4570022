"""Papers are signed by the person and then by the agency, and whoever has only the root can check them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete

from portal.cases import outgoing
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.documents.signatures import signatures_of
from portal.issuing.models import Step
from portal.issuing.tools import Tools
from portal.outbox.models import OutboxMessage
from portal.standins.web import ANSWER
from tests.issuing.conftest import Papers
from tests.support.desk import Desk
from tests.support.pki import AGENCY_NAME, MODULE, SIGNER, Pki, bind_agency, bind_person

ROOT = Path(__file__).parents[2]


def independent(path: Path, pki: Pki, *, years_later: int = 0) -> list[str]:
    """What another process says, that has the root and nothing else: a line for each signature."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/support/validate.py"), str(path), str(pki.authority.roots / "root.pem"),
         str(years_later)],
        capture_output=True, text=True, check=True, cwd=path.parent,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_person_then_agency_and_an_independent_validator_agrees(
    papers: Papers, tools: Tools, pki: Pki, tmp_path: Path
) -> None:
    paper = papers.to(tools, Step.DONE)
    path = tmp_path / "a.pdf"
    path.write_bytes(papers.content(paper))
    assert independent(path, pki) == [f"NguoiKy {SIGNER}: OK", f"CoQuan {AGENCY_NAME}: OK", "timestamp: OK"]
    # Certificates are valid for two years, those of the authority for ten: the file has all that is needed.
    assert independent(path, pki, years_later=4) == [f"NguoiKy {SIGNER}: OK", f"CoQuan {AGENCY_NAME}: OK",
                                                     "timestamp: OK"]  # fmt: skip
    with papers.desk.database.unit_of_work() as session:
        assert session.get_one(Case, paper.case_id).state == State.FINISHED
    assert (paper.sha256, paper.signer_certificate_id is not None) == (paper.content_sha256, True)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
def test_poppler_agrees(papers: Papers, tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(papers.content(papers.to(tools, Step.DONE)))
    said = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True).stdout
    assert said.count("Signature is Valid.") == 2
    assert said.index(SIGNER) < said.index(AGENCY_NAME)
    assert said.count("ETSI.CAdES.detached") == 2


def test_each_signature_only_adds_to_what_was_there(papers: Papers, tools: Tools) -> None:
    paper = papers.to(tools, Step.RENDERED)
    before = papers.content(paper)
    for step in (Step.SIGNED, Step.SEALED, Step.DONE):
        paper = papers.step(tools, paper)
        assert paper.step == step
        now = papers.content(paper)
        assert now.startswith(before)
        before = now


def test_any_changed_byte_is_found(papers: Papers, tools: Tools, pki: Pki) -> None:
    content = papers.content(papers.to(tools, Step.DONE))
    report = signatures_of(content, pki.authority.roots)
    assert report is not None
    assert (report.problem, report.is_trusted, report.signers) == (None, True, (SIGNER, AGENCY_NAME))
    assert all(one.has_timestamp and one.was_asked for one in report.signatures)
    for place in range(0, len(content), len(content) // 60):
        changed = bytearray(content)
        changed[place] ^= 1
        found = signatures_of(bytes(changed), pki.authority.roots)
        assert found is None or found.problem, f"byte {place} of {len(content)}: {content[place - 20 : place + 20]!r}"
    for more in (b"%x\n", content[-200:], content):
        found = signatures_of(content + more, pki.authority.roots)
        assert found is None or found.problem, more[-20:]


def test_a_worker_may_do_a_step_twice_and_another_may_be_faster(papers: Papers, tools: Tools) -> None:
    paper = papers.to(tools, Step.SIGNED)
    papers.step(tools, paper)
    sealed = papers.of_id(paper.id)
    assert sealed.step == Step.SEALED
    done = papers.step(tools, sealed)
    assert papers.step(tools, done).sha256 == done.sha256


@pytest.mark.parametrize("whose", ["signer", "seal"])
def test_a_revoked_certificate_is_refused(papers: Papers, tools: Tools, pki: Pki, tmp_path: Path, whose: str) -> None:
    own = Pki(tmp_path)
    made = own.tools(papers.desk.storage)
    bind_agency(papers.desk.database, made, papers.desk.now)
    bind_person(papers.desk.database, made, papers.desk.now)
    paper = papers.to(made, Step.RENDERED)
    own.authority.revoke(getattr(own, whose).serial_number)
    paper = papers.step(made, paper)
    if whose == "seal":
        assert paper.step == Step.SIGNED
        paper = papers.step(made, paper)
    assert paper.step == (Step.RENDERED if whose == "signer" else Step.SIGNED)
    assert paper.problem is not None
    assert "bị thu hồi" in paper.problem
    own.web.close()


def test_an_expired_one_too_and_no_answer_is_no_yes(papers: Papers, tools: Tools, pki: Pki) -> None:
    paper = papers.to(tools, Step.RENDERED)
    pki.authority_web.mood = lambda: "503"
    try:
        waiting = papers.step(tools, paper)
    finally:
        pki.authority_web.mood = lambda: ANSWER
    assert (waiting.step, waiting.problem) == (Step.RENDERED, "Nơi cấp chứng thư hoặc dấu thời gian không trả lời.")
    with papers.desk.database.unit_of_work() as session:
        assert outgoing.set_going(session, papers.desk.now) == 0, "it is announced already"
        session.execute(delete(OutboxMessage))
        assert outgoing.set_going(session, papers.desk.now) == 1
    assert papers.step(tools, paper).step == Step.SIGNED


@pytest.mark.skipif(not MODULE.exists(), reason="softhsm2 is not installed")
def test_a_key_in_a_token(papers: Papers, pki: Pki, desk: Desk, tmp_path: Path) -> None:
    tools = pki.tools(desk.storage, **pki.add_token())
    bind_agency(desk.database, tools, desk.now)
    bind_person(desk.database, tools, desk.now, way="token", key="lanhdao")
    path = tmp_path / "a.pdf"
    path.write_bytes(papers.content(papers.to(tools, Step.DONE)))
    assert independent(path, pki)[0] == f"NguoiKy {SIGNER}: OK"
    wrong = pki.tools(desk.storage, SIGN_WAYS="file,token", SIGN_TOKEN_MODULE=str(MODULE), SIGN_TOKEN_LABEL="portal",
                      SIGN_TOKEN_PIN="9999")  # fmt: skip
    waiting = papers.step(wrong, papers.to(tools, Step.RENDERED))
    assert (waiting.step, waiting.problem) == (Step.RENDERED, "Không dùng được khóa ký: PinIncorrect.")


def test_an_agency_without_certificate_issues_as_before(papers: Papers, pki: Pki, desk: Desk) -> None:
    paper = papers.step(pki.tools(desk.storage), papers.numbered())
    assert paper.step == Step.DONE
    assert signatures_of(papers.content(paper), None) is None
