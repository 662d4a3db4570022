"""The paper of a receipt: signed once and kept, checked by a validator that knows the root alone."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from portal.base.apart import apart
from portal.cases import receipt_paper
from portal.cases.lifecycle import Action
from portal.documents.cleanup import forget_unused
from portal.documents.signatures import signatures_of
from portal.gateways.signing import CannotSign
from portal.issuing.tools import Tools
from portal.payments import receipts
from portal.payments.models import PaymentReceipt
from tests.support.desk import Desk
from tests.support.payments import case_to_pay, deliver
from tests.support.pki import AGENCY_NAME, Pki, bind_agency


@pytest.fixture
def tools(desk: Desk, pki: Pki) -> Tools:
    """Keys, with one bound to the agency."""
    made = pki.tools(desk.storage)
    bind_agency(desk.database, made, desk.now)
    return made


def issued(desk: Desk) -> int:
    """A receipt that was just issued."""
    desk.do(case_to_pay(desk), "ketoan", Action.CONFIRM_PAYMENT, details={"note": "GNT 1"})
    deliver(desk)
    with desk.database.unit_of_work() as session:
        return session.scalars(select(PaymentReceipt.id)).one()


def paper(desk: Desk, receipt_id: int, tools: Tools) -> bytes:
    """What is handed out, after the worker has been there twice."""
    for _ in range(2):
        with desk.database.unit_of_work() as session:
            found = session.get_one(PaymentReceipt, receipt_id)
            receipt_paper.make_receipt(session, tools, found, desk.now)
    with desk.database.unit_of_work() as session:
        found = session.get_one(PaymentReceipt, receipt_id)
        return receipt_paper.receipt_content(session, desk.storage, found, tools.base_url)


def test_it_is_signed_and_any_changed_byte_is_found(desk: Desk, tools: Tools, pki: Pki) -> None:
    content = paper(desk, issued(desk), tools)
    report = signatures_of(content, pki.authority.roots)
    assert report is not None and report.problem is None and report.is_trusted
    assert report.signers == (AGENCY_NAME,)
    place = content.index(b"/ByteRange") // 2
    changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    broken = signatures_of(changed, pki.authority.roots)
    assert broken is not None and broken.problem


def test_it_is_signed_and_checked_where_an_event_loop_runs(desk: Desk, tools: Tools, pki: Pki) -> None:
    async def work() -> bool:
        report = signatures_of(paper(desk, issued(desk), tools), pki.authority.roots)
        return report is not None and report.is_trusted

    assert apart(lambda: asyncio.run(work()))


def test_it_is_made_once_and_not_forgotten(desk: Desk, tools: Tools) -> None:
    receipt_id = issued(desk)
    assert paper(desk, receipt_id, tools) == paper(desk, receipt_id, tools)
    with desk.database.unit_of_work() as session:
        kept = session.get_one(PaymentReceipt, receipt_id).sha256
        far = desk.now.replace(year=desk.now.year + 5)
        forget_unused(session, desk.storage, far, (PaymentReceipt.sha256,))
    assert kept and desk.storage.get(kept)


def test_one_that_does_not_stand_says_so_and_is_not_signed(desk: Desk, tools: Tools) -> None:
    receipt_id = issued(desk)
    paper(desk, receipt_id, tools)
    with desk.database.unit_of_work() as session:
        receipts.cancel(session, receipt_id, "Sai tên", by=desk.actor("ketoan"), now=desk.now)
    assert signatures_of(paper(desk, receipt_id, tools), None) is None


def test_without_a_certificate_it_is_not_signed(desk: Desk, pki: Pki) -> None:
    assert signatures_of(paper(desk, issued(desk), pki.tools(desk.storage)), None) is None


def test_a_wrong_password_is_no_signature(desk: Desk, tools: Tools, pki: Pki) -> None:
    with pytest.raises(CannotSign):
        paper(desk, issued(desk), pki.tools(desk.storage, SIGN_FILE_PASSWORD="sai"))
