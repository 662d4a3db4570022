"""The paper of a receipt: made once when it is issued, signed where a certificate is set up, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.cases.models import Case
from portal.cases.paper import heading
from portal.documents import papers
from portal.documents.signing import sign
from portal.gateways.storage import Storage
from portal.payments.models import PaymentReceipt, ReceiptState

CERTIFICATE, PASSWORD = "RECEIPT_SIGN_P12", "RECEIPT_SIGN_PASSWORD"
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


def make_receipt(
    session: Session, storage: Storage, found: PaymentReceipt, env: Mapping[str, str], base_url: str
) -> None:
    """Make the paper of a receipt that was just issued, and keep it; once. Raises `CannotSign`."""
    if found.sha256 is not None or found.state != ReceiptState.ISSUED:
        return
    certificate = env.get(CERTIFICATE, "")
    paper = render_receipt(session, found, base_url, "" if certificate else _UNSIGNED)
    if certificate:
        paper = sign(paper, Path(certificate), env.get(PASSWORD, ""), field="BienLai", reason="Biên lai điện tử")
    found.sha256 = storage.put(paper)


def receipt_content(session: Session, storage: Storage, found: PaymentReceipt, base_url: str) -> bytes:
    """The paper to hand out: the kept one while it stands; afterwards one that says that it does not."""
    if found.state == ReceiptState.ISSUED and found.sha256 is not None:
        return storage.get(found.sha256)
    return render_receipt(session, found, base_url)
