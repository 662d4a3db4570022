"""What the signatures of a PDF are worth, told so that a person understands it.

With roots, each is checked as it was when it was made (ETSI EN 319 102-1, 5.6.3: timestamps and what lies in the file
count, so that it works years later), and authorities are asked where the file does not say. Without roots it is checked
that nothing was changed after signing, and who issued the certificate stays open.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto.cms import ContentInfo
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from portal.base.apart import apart_async
from portal.base.clock import local
from portal.base.logs import logger
from portal.documents.trust import context, fetcher, roots_in

_log = logger(__name__)
# Each is work, and files come from anybody.
_MOST = 30
_BAD_FORM = "Chữ ký số không đúng định dạng. Hãy ký lại theo chuẩn PDF (PAdES)."
_CHANGED = "Nội dung tệp đã bị sửa sau khi ký. Hãy ký lại bản cuối cùng."
_BAD_STAMP = "Dấu thời gian của tệp không còn nguyên vẹn: tệp đã bị sửa sau khi ký."
_STRANGER = "Chứng thư số không do tổ chức được công nhận cấp, hoặc đã hết hạn khi ký."
_REVOKED = "Chứng thư số của người ký đã bị thu hồi. Hãy ký bằng chứng thư còn hiệu lực."
_NOT_COVERED = "Chữ ký không bao trùm toàn bộ tệp. Hãy ký lại cả tệp."
_PROBLEMS: dict[AdESSubIndic, str] = {
    AdESFailure.FORMAT_FAILURE: _BAD_FORM,
    AdESFailure.HASH_FAILURE: _CHANGED,
    AdESFailure.SIG_CRYPTO_FAILURE: "Chữ ký số không hợp lệ. Hãy ký lại.",
    AdESFailure.REVOKED: _REVOKED,
    AdESIndeterminate.REVOKED_NO_POE: _REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: "Chứng thư của tổ chức cấp chứng thư số đã bị thu hồi.",
    AdESFailure.NOT_YET_VALID: "Chứng thư số chưa có hiệu lực khi ký. Hãy kiểm tra đồng hồ của máy rồi ký lại.",
    AdESIndeterminate.EXPIRED: "Chứng thư số đã hết hạn khi ký. Hãy ký bằng chứng thư còn hiệu lực.",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "Chứng thư số đã hết hạn và tệp không có dấu thời gian. Hãy ký lại.",
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED: "Chứng thư số đã hết hạn. Hãy ký bằng chứng thư còn hiệu lực.",
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: _STRANGER,
    AdESIndeterminate.SIG_CONSTRAINTS_FAILURE: "Chứng thư số không được dùng để ký văn bản.",
}
# Nobody could be asked whether the certificate still counts: no fault of the person.
_NOT_ASKED = frozenset({AdESIndeterminate.TRY_LATER, AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE})
_ASKED_IF_NAMED = RevocationCheckingPolicy(
    RevocationCheckingRule.CHECK_IF_DECLARED, RevocationCheckingRule.CHECK_IF_DECLARED
)


@dataclass(frozen=True)
class CheckedSignature:
    """One signature. `signed_at`: of the timestamp, else as the signer's machine said (ISO 8601)."""

    signer: str
    issuer: str = ""
    signed_at: str = ""
    has_timestamp: bool = False
    was_asked: bool = False  # the authority was asked, or had said, that the certificate counted
    problem: str | None = None


@dataclass(frozen=True)
class SignatureReport:
    """All signatures of a PDF. `problem`: why one of them is not good, told to the person."""

    signatures: tuple[CheckedSignature, ...]
    problem: str | None = None
    is_trusted: bool = False

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed, each once."""
        return tuple(dict.fromkeys(one.signer for one in self.signatures))

    @property
    def document(self) -> dict[str, Any]:
        """As it is kept with the file."""
        return {"signers": list(self.signers), "problem": self.problem, "is_trusted": self.is_trusted,
                "signatures": [asdict(one) for one in self.signatures]}  # fmt: skip


def signatures_of(content: bytes, roots: Path | None) -> SignatureReport | None:
    """The check of its signatures, None where it has none. `roots`: a folder of the certificates that are trusted."""
    if b"/ByteRange" not in content:
        return None
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        embedded, stamps = list(reader.embedded_regular_signatures), list(reader.embedded_timestamp_signatures)
    except Exception as error:  # a broken file may break its reader anywhere
        _log.warning("signed_pdf_unreadable", error=type(error).__name__)
        return SignatureReport((), "Không đọc được chữ ký số trong tệp. Hãy ký lại bằng phần mềm khác.")
    if not embedded:
        return None
    if len(embedded) + len(stamps) > _MOST:
        return SignatureReport((), "Tệp có quá nhiều chữ ký số để kiểm tra.")
    trusted = roots_in(roots) if roots else ()

    async def check() -> tuple[list[CheckedSignature], str | None]:
        return [await _check(one, trusted) for one in embedded], await _about_stamps(stamps, trusted)

    found, wrong = apart_async(check)
    problem = next((one.problem for one in found if one.problem), wrong)
    if problem is None and not (_ends_there(content, reader) and all(_is_tidy(one) for one in (*embedded, *stamps))):
        problem = _CHANGED
    return SignatureReport(tuple(found), problem, bool(trusted) and problem is None)


async def _check(signature: EmbeddedPdfSignature, roots: Sequence[Certificate]) -> CheckedSignature:
    about = _about(signature)
    try:
        if roots and about.has_timestamp:
            return await _as_it_was(signature, roots, about)
        return await _as_it_is(signature, roots, about)
    except Exception as error:
        _log.warning("signature_unreadable", error=type(error).__name__)
        return replace(about, problem=_BAD_FORM)


async def _about_stamps(stamps: Sequence[EmbeddedPdfSignature], roots: Sequence[Certificate]) -> str | None:
    """What is wrong with the timestamps of the whole file."""
    try:
        for one in stamps:
            judged = context(roots) if roots else ValidationContext(trust_roots=[], allow_fetching=False)
            status = await async_validate_pdf_timestamp(one, judged)
            if not (status.intact and status.valid and (status.trusted or not roots)):
                return _BAD_STAMP
    except Exception as error:
        _log.warning("timestamp_unreadable", error=type(error).__name__)
        return _BAD_STAMP
    return None


def _ends_there(content: bytes, reader: PdfFileReader) -> bool:
    """True if nothing follows what the file itself calls its end, where no signature looks."""
    end = content.find(b"%%EOF", reader.last_startxref)
    return end >= 0 and not content[end + len(b"%%EOF") :].strip(b"\r\n ")


def _is_tidy(signature: EmbeddedPdfSignature) -> bool:
    """True if nothing stands in the room that a signature leaves of its place, which nothing else protects."""
    room = bytes(signature.pkcs7_content)
    used = len(ContentInfo.load(room).dump())
    return not room[used:].strip(b"\0")


async def _as_it_is(
    signature: EmbeddedPdfSignature, roots: Sequence[Certificate], about: CheckedSignature
) -> CheckedSignature:
    """A signature without a timestamp is worth what its certificate is worth now."""
    judged = context(roots) if roots else ValidationContext(trust_roots=[], allow_fetching=False)
    status = await async_validate_pdf_signature(signature, judged)
    if not status.intact:
        return replace(about, problem=_CHANGED)
    if not status.valid:
        return replace(about, problem=_PROBLEMS[AdESFailure.SIG_CRYPTO_FAILURE])
    wrong = status.trust_problem_indic
    if roots and wrong is not None and wrong not in _NOT_ASKED:
        return replace(about, problem=_PROBLEMS.get(wrong, _STRANGER))
    return replace(about, was_asked=bool(roots) and wrong is None, problem=_changed_later(signature))


async def _as_it_was(
    signature: EmbeddedPdfSignature, roots: Sequence[Certificate], about: CheckedSignature
) -> CheckedSignature:
    """One with a timestamp is worth what its certificate was worth then, by what lies in the file."""
    result = await ades_lta_validation(signature, _policy(roots))
    found = result.ades_subindic
    about = replace(about, was_asked=found is AdESPassed.OK)
    time = result.best_signature_time
    if about.has_timestamp and isinstance(time, datetime):
        about = replace(about, signed_at=local(time).isoformat(timespec="seconds"))
    if found is AdESPassed.OK or found in _NOT_ASKED:
        return replace(about, problem=_changed_later(signature))
    return replace(about, problem=_PROBLEMS.get(found, _STRANGER))


def _changed_later(signature: EmbeddedPdfSignature) -> str | None:
    """What was appended after signing may be more signatures and their evidence, and nothing else."""
    signature.compute_integrity_info()  # type: ignore[no-untyped-call]
    found = signature.summarise_integrity_info()
    if found["coverage"] < SignatureCoverageLevel.ENTIRE_REVISION:
        return _NOT_COVERED
    later = found["diff_result"]
    level = getattr(later, "modification_level", ModificationLevel.OTHER if later is not None else None)
    return _CHANGED if level is ModificationLevel.OTHER or found["docmdp_ok"] is False else None


def _policy(roots: Sequence[Certificate]) -> PdfSignatureValidationSpec:
    judging = CertValidationPolicySpec(SimpleTrustManager.build(roots), CertRevTrustPolicy(_ASKED_IF_NAMED))
    asking = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.NO_HISTORICAL_FETCH, fetcher())
    return PdfSignatureValidationSpec(SignatureValidationSpec(judging, asking))


def _about(signature: EmbeddedPdfSignature) -> CheckedSignature:
    """What it says of itself."""
    try:
        subject, issuer = signature.signer_cert.subject.native, signature.signer_cert.issuer.native
        stamped = next(iter(extract_tst_data_iter(signature.signer_info, signed=False)), None)
        said = signature.self_reported_timestamp
    except Exception:
        return CheckedSignature("không rõ")
    at = local(said).isoformat(timespec="seconds") if said else ""
    return CheckedSignature(_name(subject), _name(issuer), at, stamped is not None)


def _name(subject: dict[str, Any]) -> str:
    return str(subject.get("common_name") or subject.get("organization_name") or "không rõ")
