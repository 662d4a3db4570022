"""PDF files that people hand in: can they be opened, and are their signatures good?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.base.apart import apart
from portal.base.errors import Refusal
from portal.base.logs import logger

_log = logger(__name__)


def pages_of(content: bytes) -> int:
    """How many pages it has. Raises `Refusal` where nobody could read it: broken, locked, or empty."""
    try:
        with pikepdf.open(io.BytesIO(content)) as opened:
            pages = len(opened.pages)
    except pikepdf.PasswordError as error:
        raise Refusal("file_locked", "Tệp PDF có mật khẩu. Hãy bỏ mật khẩu rồi tải lên lại.") from error
    except pikepdf.PdfError as error:
        raise Refusal("file_kind", "Tệp PDF hỏng. Hãy mở thử trên máy rồi tải lên lại.") from error
    if not pages:
        raise Refusal("empty_file", "Tệp PDF không có trang nào. Hãy chọn lại tệp.")
    return pages


@dataclass(frozen=True)
class SignatureReport:
    """What the signatures of a PDF say. `problem`: why one of them is not good, told to the person."""

    signers: tuple[str, ...]
    problem: str | None = None
    is_trusted: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """As it is kept with the file."""
        return {"signers": list(self.signers), "problem": self.problem, "is_trusted": self.is_trusted}


def signatures_of(content: bytes, roots: Path | None) -> SignatureReport | None:
    """The check of its signatures, None where it has none. `roots`: a folder of the certificates that are trusted.

    Without roots it is checked that nothing was changed after signing, and who issued the certificate stays open.
    """
    if b"/ByteRange" not in content:
        return None
    try:
        embedded = list(PdfFileReader(io.BytesIO(content), strict=False).embedded_regular_signatures)
    except Exception as error:  # a broken file may break its reader anywhere
        _log.warning("signed_pdf_unreadable", error=type(error).__name__)
        return SignatureReport((), "Không đọc được chữ ký số trong tệp. Hãy ký lại bằng phần mềm khác.")
    if not embedded:
        return None
    trusted = _roots(roots) if roots else []
    found = apart(lambda: [_check(signature, trusted) for signature in embedded])
    signers = tuple(dict.fromkeys(name for name, _ in found))
    problem = next((said for _, said in found if said), None)
    return SignatureReport(signers, problem, bool(trusted) and problem is None)


def _check(signature: Any, roots: list[Certificate]) -> tuple[str, str | None]:
    """(signer, problem) of one signature."""
    name = _signer(signature)
    try:
        context = ValidationContext(trust_roots=roots, allow_fetching=False)
        status = validate_pdf_signature(signature, context)
    except Exception as error:
        _log.warning("signature_unreadable", error=type(error).__name__)
        return name, "Chữ ký số không đúng định dạng. Hãy ký lại theo chuẩn PDF (PAdES)."
    if not status.intact:
        return name, "Nội dung tệp đã bị sửa sau khi ký. Hãy ký lại bản cuối cùng."
    if not status.valid:
        return name, "Chữ ký số không hợp lệ. Hãy ký lại."
    if status.revoked:
        return name, "Chứng thư số của người ký đã bị thu hồi. Hãy ký bằng chứng thư còn hiệu lực."
    if roots and not status.trusted:
        return name, "Chứng thư số không do tổ chức được công nhận cấp, hoặc đã hết hạn khi ký."
    return name, None


def _signer(signature: Any) -> str:
    try:
        subject = signature.signer_cert.subject.native
    except Exception:
        return "không rõ"
    return str(subject.get("common_name") or subject.get("organization_name") or "không rõ")


@cache
def _roots(folder: Path) -> list[Certificate]:
    """The trusted certificates in a folder, read once in a process."""
    found: list[Certificate] = []
    for path in sorted(folder.glob("*.pem")):
        for _, _, der in pem.unarmor(path.read_bytes(), multiple=True):
            found.append(Certificate.load(der))
    return found


def joined(papers: Sequence[bytes]) -> bytes:
    """Several PDFs one after the other in one, for printing."""
    target = io.BytesIO()
    with pikepdf.new() as whole:
        for paper in papers:
            with pikepdf.open(io.BytesIO(paper)) as part:
                whole.pages.extend(part.pages)
        whole.save(target)
    return target.getvalue()
