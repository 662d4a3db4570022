"""Certificates of people and agencies: bound after a look at them, and looked at again before each use."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime

from asn1crypto.x509 import Certificate as X509
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathError,
    RevokedError,
    ValidationError,
)
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.base.apart import apart_async
from portal.base.errors import Invalid, Refusal
from portal.documents.trust import context
from portal.gateways.messages import SendingError
from portal.gateways.signing import CannotSign, Chain, is_remote
from portal.issuing.models import Certificate, OutgoingPaper
from portal.issuing.tools import Tools
from portal.outbox.actions import announce
from services_catalog.text import fold

# What sets a paper going: its next step.
NEXT_STEP = "paper.step"
# An authority of this name is for trying out; so is every paper signed with its certificates.
TEST_AUTHORITY = "CA THỬ NGHIỆM"
_EXPIRED = "Chứng thư số đã hết hạn."
_REVOKED = "Chứng thư số đã bị thu hồi."
_NOT_YET = "Chứng thư số chưa có hiệu lực."
_NO_CERTIFICATE = "Người ký chưa có chứng thư số. Hãy liên hệ người quản trị cấu hình để gắn chứng thư số."
_STRANGER = "Chứng thư số không do tổ chức được công nhận cấp."


class AuthorityIsSilent(Exception):
    """The authority could not be asked whether the certificate still counts; later it may be."""


def of_account(session: Session, account_id: int) -> Certificate | None:
    """The certificate that a person signs with."""
    return _bound(session, Certificate.account_id == account_id)


def of_agency(session: Session, agency_key: str) -> Certificate | None:
    """The certificate of an agency. One that has none issues papers without signatures."""
    return _bound(session, Certificate.agency_key == agency_key)


def require(session: Session, agency_key: str, account_id: int | None) -> None:
    """Nobody approves or issues what could then not be signed. Raises `Refusal`."""
    if of_agency(session, agency_key) is None:
        return
    if account_id is None or of_account(session, account_id) is None:
        raise Refusal("no_certificate", _NO_CERTIFICATE)


def bound(session: Session) -> Sequence[Certificate]:
    """All that are in use, those that expire first in front."""
    query = select(Certificate).where(Certificate.ended_at.is_(None))
    return session.scalars(query.order_by(Certificate.valid_until, Certificate.id)).all()


def bind(
    session: Session, tools: Tools, *, holder_name: str, account_id: int | None = None, agency_key: str | None = None,
    way: str, key: str, name_reason: str = "", picture_sha256: str | None = None, by: int | None, now: datetime,
) -> Certificate:  # fmt: skip
    """Look at the certificate behind `key` and bind it to its holder, in place of the one before.

    Raises `Invalid`: the key is not there, the certificate does not count, or is of another name and no reason
    was given for that.
    """
    chain = _fetch(tools, way, key)
    if agency_key is not None and is_remote(tools.signers[way]):
        raise Invalid({"way": "Con dấu của cơ quan cần khóa trên máy chủ, token hoặc HSM."})
    own = X509.load(chain.certificate)
    try:
        problem = judge(chain, tools.roots)
    except AuthorityIsSilent:
        problem = "Không hỏi được tổ chức cấp chứng thư số. Hãy thử lại sau ít phút."
    if problem:
        raise Invalid({"key": problem})
    subject = common_name(own)
    if not is_name_of(holder_name, subject) and not name_reason.strip():
        raise Invalid({"name_reason": f"Chứng thư số mang tên “{subject}”, khác “{holder_name}”. Ghi lý do nếu đúng."})
    return put_in_use(
        session, chain, account_id=account_id, agency_key=agency_key, way=way, key=key, name_reason=name_reason,
        picture_sha256=picture_sha256, by=by, now=now,
    )  # fmt: skip


def put_in_use(
    session: Session, chain: Chain, *, account_id: int | None = None, agency_key: str | None = None, way: str, key: str,
    name_reason: str = "", picture_sha256: str | None = None, by: int | None = None, now: datetime,
) -> Certificate:  # fmt: skip
    """Bind a certificate that was looked at, in place of the one before."""
    own = X509.load(chain.certificate)
    holder = Certificate.account_id == account_id if account_id else Certificate.agency_key == agency_key
    session.execute(update(Certificate).where(holder, Certificate.ended_at.is_(None)).values(ended_at=now))
    found = Certificate(
        account_id=account_id, agency_key=agency_key, way=way, key=key, content=chain.certificate,
        chain=[{"der": base64.b64encode(one).decode()} for one in chain.others], serial=f"{own.serial_number:x}",
        subject=common_name(own), issuer=_name_in(own.issuer.native), valid_from=own.not_valid_before,
        valid_until=own.not_valid_after, is_test=TEST_AUTHORITY in _name_in(own.issuer.native),
        picture_sha256=picture_sha256, name_reason=name_reason.strip() or None, bound_by=by, bound_at=now,
        checked_at=now,
    )  # fmt: skip
    session.add(found)
    session.flush()
    _let_go_on(session, account_id, now)
    return found


def _let_go_on(session: Session, account_id: int | None, now: datetime) -> None:
    """Papers that wait for this person look again how they are signed."""
    if account_id is None:
        return
    waiting = select(OutgoingPaper).where(OutgoingPaper.signer_id == account_id, OutgoingPaper.waits_for_signer)
    for paper in session.scalars(waiting.order_by(OutgoingPaper.id).with_for_update()):
        paper.waits_for_signer = False
        announce(session, NEXT_STEP, paper.id, now)


def unbind(session: Session, certificate_id: int, now: datetime) -> Certificate:
    """Use it no longer. Raises `Refusal`."""
    found = session.get(Certificate, certificate_id, with_for_update=True)
    if found is None or found.ended_at is not None:
        raise Refusal("not_found", "Không tìm thấy chứng thư số đang dùng.")
    found.ended_at = now
    _let_go_on(session, found.account_id, now)
    return found


def check_again(found: Certificate, tools: Tools, now: datetime) -> str | None:
    """What is wrong with a bound certificate now, written down in it. Raises `AuthorityIsSilent`."""
    found.problem = judge(chain_of(found), tools.roots)
    found.checked_at = now
    return found.problem


def note_checks(session: Session, found: Iterable[Certificate | None]) -> None:
    """Write down what `check_again` found of certificates that were looked at outside of a transaction."""
    for one in found:
        if one is not None:
            said = update(Certificate).where(Certificate.id == one.id)
            session.execute(said.values(checked_at=one.checked_at, problem=one.problem))


def chain_of(found: Certificate) -> Chain:
    """As it was when it was bound."""
    return Chain(found.content, tuple(base64.b64decode(one["der"]) for one in found.chain))


def judge(chain: Chain, roots: Iterable[X509]) -> str | None:
    """Why nobody should rely on a signature made with it now, or None. Raises `AuthorityIsSilent`."""
    others = [X509.load(one) for one in chain.others]
    judged = context(list(roots), is_strict=True)
    validator = CertificateValidator(X509.load(chain.certificate), others, validation_context=judged)

    async def work() -> None:
        await validator.async_validate_usage({"non_repudiation"})  # type: ignore[no-untyped-call]

    try:
        apart_async(work)
    except RevokedError:
        return _REVOKED
    except ExpiredError:
        return _EXPIRED
    except NotYetValidError:
        return _NOT_YET
    except InsufficientRevinfoError as error:
        raise AuthorityIsSilent from error
    except (PathError, ValidationError):
        return _STRANGER
    return None


def common_name(certificate: X509) -> str:
    """The name of its holder."""
    return _name_in(certificate.subject.native)


def is_name_of(holder: str, subject: str) -> bool:
    """True if a certificate's name is the holder's, whatever the case, the accents, and how an office is shortened."""
    return _plain(holder) == _plain(subject)


def _plain(name: str) -> str:
    return f" {fold(name)} ".replace(" ubnd ", " uy ban nhan dan ").strip()


def _fetch(tools: Tools, way: str, key: str) -> Chain:
    signer = tools.signers.get(way)
    if signer is None:
        raise Invalid({"way": "Cách ký này chưa được cài đặt."})
    if not tools.roots:
        raise Invalid({"way": "Chưa cài đặt chứng thư gốc để kiểm tra (SIGNATURE_ROOTS)."})
    try:
        return signer.certificate(key)
    except (CannotSign, KeyError, ValueError, TypeError) as error:
        raise Invalid({"key": "Không đọc được chứng thư số nào với tên khóa này."}) from error
    except SendingError as error:
        raise Invalid({"way": "Nhà cung cấp dịch vụ ký số không trả lời. Hãy thử lại sau ít phút."}) from error


def _bound(session: Session, holder: ColumnElement[bool]) -> Certificate | None:
    return session.scalar(select(Certificate).where(holder, Certificate.ended_at.is_(None)))


def _name_in(name: dict[str, str]) -> str:
    return str(name.get("common_name") or name.get("organization_name") or "")
