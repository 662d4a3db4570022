"""Papers are signed by the person and then by the agency, and whoever has only the root can check them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete

from portal.base.errors import Invalid
from portal.cases import outgoing
from portal.cases.lifecycle import State
from portal.cases.models import Case
from portal.documents.signatures import signatures_of
from portal.issuing import certificates
from portal.issuing.models import Step
from portal.issuing.tools import Tools
from portal.outbox.models import OutboxMessage
from portal.standins.authority import TestAuthority
from portal.standins.web import ANSWER
from tests.documents.test_signatures import Signer
from tests.issuing.conftest import Papers
from tests.support.desk import Desk
from tests.support.pki import AGENCY_NAME, IS_ROOT, MODULE, PASSWORD, SIGNER, Pki, bind_agency, bind_person

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


@pytest.mark.skipif(not IS_ROOT and shutil.which("pdfsig") is None, reason="sudo apt-get install poppler-utils")
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


def test_an_expired_one_too(papers: Papers, tools: Tools, pki: Pki) -> None:
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    pki.authority.issue_file(pki.keys / "het-han.p12", SIGNER, PASSWORD, days=30, begins=begins)
    desk = papers.desk
    with desk.database.unit_of_work() as session:
        account_id = desk.account(session, "lanhdao").id
        chain = tools.signers["file"].certificate("het-han.p12")
        certificates.put_in_use(session, chain, account_id=account_id, way="file", key="het-han.p12", now=desk.now)
    paper = papers.step(tools, papers.to(tools, Step.RENDERED))
    assert (paper.step, paper.problem) == (Step.RENDERED, f"Chứng thư số đã hết hạn. ({SIGNER})")


def bind(desk: Desk, tools: Tools, key: str, **about: str) -> None:
    """Bind a key to the leader."""
    with desk.database.unit_of_work() as session:
        account_id = desk.account(session, "lanhdao").id
        certificates.bind(session, tools, holder_name=SIGNER, account_id=account_id, way="file", key=key, by=None,
                          now=desk.now, **about)  # fmt: skip


def test_only_a_good_certificate_of_this_name_is_bound(desk: Desk, pki: Pki, tmp_path: Path) -> None:
    tools = pki.tools(desk.storage)
    revoked = pki.authority.issue_file(pki.keys / "thu-hoi.p12", SIGNER, PASSWORD)
    pki.authority.revoke(revoked.serial_number)
    pki.authority.issue_file(
        pki.keys / "qua-han.p12", SIGNER, PASSWORD, days=1, begins=datetime(2020, 1, 1, tzinfo=UTC)
    )
    pki.authority.issue_file(pki.keys / "ten-khac.p12", "Trần Thị Khác", PASSWORD)
    TestAuthority(tmp_path, pki.web.url).issue_file(pki.keys / "nguoi-la.p12", SIGNER, PASSWORD)
    for key, field in (("thu-hoi.p12", "key"), ("qua-han.p12", "key"), ("nguoi-la.p12", "key"), ("khong-co.p12", "key"),
                       ("../ca/goc.pem", "key"), ("ten-khac.p12", "name_reason")):  # fmt: skip
        with pytest.raises(Invalid) as invalid:
            bind(desk, tools, key)
        assert set(invalid.value.errors) == {field}, key
    bind(desk, tools, "ten-khac.p12", name_reason="Tên cũ trước khi đổi.")
    bind(desk, tools, "nguoi-ky.p12")
    with desk.database.unit_of_work() as session:
        assert [one.key for one in certificates.bound(session)] == ["nguoi-ky.p12"]


@pytest.mark.parametrize("has_timestamp", [True, False])
def test_addresses_in_the_file_of_a_stranger_are_not_asked(
    papers: Papers, tools: Tools, pki: Pki, tmp_path: Path, has_timestamp: bool
) -> None:
    """Whoever signs with an authority of their own may write any address into their certificates."""
    used = tools if has_timestamp else pki.tools(papers.desk.storage, SIGN_TSA_URL="")
    content = papers.content(papers.to(used, Step.SEALED))
    elsewhere = Signer(tmp_path)  # of another name: nothing of the file leads to it
    asked: list[str] = []
    kept = dict(pki.web.paths)
    for (method, path), handle in kept.items():
        pki.web.paths[method, path] = lambda said, path=path, handle=handle: (asked.append(path), handle(said))[1]
    try:
        report = signatures_of(content, elsewhere.roots)
    finally:
        pki.web.paths.update(kept)
    assert report is not None
    assert report.problem is not None
    assert asked == []


def test_no_answer_is_no_yes(papers: Papers, tools: Tools, pki: Pki) -> None:
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


@pytest.mark.skipif(not IS_ROOT and not MODULE.exists(), reason="sudo apt-get install softhsm2")
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
