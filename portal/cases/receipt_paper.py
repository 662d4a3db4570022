"""The paper of a receipt: made once when it is issued, signed where a certificate is set up, and kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.models import Case
from portal.cases.paper import TEST_SIGNED, heading
from portal.documents import papers
from portal.gateways.storage import Storage
from portal.issuing import certificates, signing
from portal.issuing.tools import Tools
from portal.payments.models import PaymentReceipt, ReceiptState

_UNSIGNED = "Bản do hệ thống lập, chưa có chữ ký số."


def render_receipt(session: Session, found: PaymentReceipt, base_url: str, note: str = _UNSIGNED) -> bytes:
    """The PDF, as things stand now, unsigned."""
    case = session.get_one(Case, found.case_id)
    top = heading(session, case, base_url, local_day(found.issued_at), found.agency_key)
    number = f"{found.number:07d}"
    said = {**found.facts, "form": found.form, "symbol": found.symbol, "receipt_number": number, "state": found.state,
            "end_reason": found.end_reason or "", "provider_number": found.provider_number or ""}  # fmt: skip
    footer = f"Biên lai điện tử {found.symbol} số {number}. {note}".strip()
    return papers.render("payment-receipt", {**top, "r": said, "footer": footer, "is_draft": False})


def make_receipt(session: Session, tools: Tools, found: PaymentReceipt, now: datetime) -> None:
    """Make the paper of a receipt that was just issued, and keep it; once. Raises what `signing.sealed` raises."""
    if found.sha256 is not None or found.state != ReceiptState.ISSUED:
        return
    seal = certificates.of_agency(session, found.agency_key)
    note = _UNSIGNED if seal is None else TEST_SIGNED if seal.is_test else ""
    paper = render_receipt(session, found, tools.base_url, note)
    paper = signing.sealed(session, tools, found.agency_key, paper, "Biên lai điện tử", now) or paper
    found.sha256 = tools.storage.put(paper)


def receipt_content(session: Session, storage: Storage, found: PaymentReceipt, base_url: str) -> bytes:
    """The paper to hand out: the kept one while it stands; afterwards one that says that it does not."""
    if found.state == ReceiptState.ISSUED and found.sha256 is not None:
        return storage.get(found.sha256)
    return render_receipt(session, found, base_url)
