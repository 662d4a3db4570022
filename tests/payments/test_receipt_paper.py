"""The paper of a receipt: signed once and kept, checked by a validator that knows the root alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from sqlalchemy import select

from portal.base.apart import apart
from portal.cases import receipt_paper
from portal.cases.lifecycle import Action
from portal.documents.cleanup import forget_unused
from portal.documents.pdfs import signatures_of
from portal.documents.signing import CannotSign
from portal.payments import receipts
from portal.payments.models import PaymentReceipt
from tests.documents.test_signatures import certificate
from tests.support.desk import Desk
from tests.support.payments import case_to_pay, deliver

BASE = "http://cong.example"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A certificate of the agency, of an authority whose certificate lies in a folder."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    own = certificate("UBND PHƯỜNG TAM THANH", key, ("CA thử nghiệm", root_key))
    root = certificate("CA thử nghiệm", root_key)
    secret = serialization.BestAvailableEncryption(b"mat-khau")
    (tmp_path / "own.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"own", key, own, [root], secret))
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return {receipt_paper.CERTIFICATE: str(tmp_path / "own.p12"), receipt_paper.PASSWORD: "mat-khau"}


def issued(desk: Desk) -> int:
    """A receipt that was just issued."""
    desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    deliver(desk)
    with desk.database.unit_of_work() as session:
        return session.scalars(select(PaymentReceipt.id)).one()


def paper(desk: Desk, receipt_id: int, env: dict[str, str]) -> bytes:
    """What is handed out, after the worker has been there twice."""
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            found = session.get_one(PaymentReceipt, receipt_id)
            receipt_paper.make_receipt(session, desk.storage, found, env, BASE)
    with desk.database.unit_of_work() as session:
        found = session.get_one(PaymentReceipt, receipt_id)
        return receipt_paper.receipt_content(session, desk.storage, found, BASE)


def test_it_is_signed_and_any_changed_byte_is_found(desk: Desk, env: dict[str, str], tmp_path: Path) -> None:
    content = paper(desk, issued(desk), env)
    report = signatures_of(content, tmp_path / "roots")
    assert report is not None and report.problem is None and report.is_trusted
    assert report.signers == ("UBND PHƯỜNG TAM THANH",)
    place = content.index(b"/ByteRange") // 2
    changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    broken = signatures_of(changed, tmp_path / "roots")
    assert broken is not None and broken.problem


def test_it_is_signed_and_checked_where_an_event_loop_runs(desk: Desk, env: dict[str, str], tmp_path: Path) -> None:
    async def work() -> bool:
        report = signatures_of(paper(desk, issued(desk), env), tmp_path / "roots")
        return report is not None and report.is_trusted

    assert apart(lambda: asyncio.run(work()))


def test_it_is_made_once_and_not_forgotten(desk: Desk, env: dict[str, str]) -> None:
    receipt_id = issued(desk)
    assert paper(desk, receipt_id, env) == paper(desk, receipt_id, env)
    with desk.database.unit_of_work() as session:
        kept = session.get_one(PaymentReceipt, receipt_id).sha256
        far = desk.now.replace(year=desk.now.year + 5)
        forget_unused(session, desk.storage, far, (PaymentReceipt.sha256,))
    assert kept and desk.storage.get(kept)


def test_one_that_does_not_stand_says_so_and_is_not_signed(desk: Desk, env: dict[str, str]) -> None:
    receipt_id = issued(desk)
    paper(desk, receipt_id, env)
    with desk.database.unit_of_work() as session:
        receipts.cancel(session, receipt_id, "Sai tên", by=desk.actor("ketoan"), now=desk.now)
    assert signatures_of(paper(desk, receipt_id, env), None) is None


def test_without_a_certificate_it_is_not_signed(desk: Desk) -> None:
    assert signatures_of(paper(desk, issued(desk), {}), None) is None


def test_a_wrong_password_is_no_signature(desk: Desk, env: dict[str, str]) -> None:
    with pytest.raises(CannotSign):
        paper(desk, issued(desk), {**env, receipt_paper.PASSWORD: "sai"})
