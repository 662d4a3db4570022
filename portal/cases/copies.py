"""Certified electronic copies (SAO Y) of papers that were handed in as originals and scanned at the desk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.errors import Forbidden, NotFound, Refusal
from portal.cases.models import Case
from portal.documents import wallet
from portal.documents.models import Document, Source
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.issuing import certificates, register, signing
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.tools import Tools
from portal.outbox.actions import announce

_ROLES = (Role.CLERK, Role.RECEIVING_OFFICER)
_PDF = "application/pdf"


def may_certify(actor: Actor, case: Case) -> bool:
    """True if this person makes certified copies of what is in the case."""
    return any(actor.has(role, case.agency_key) for role in _ROLES)


def certifiable(session: Session, case: Case) -> Sequence[Document]:
    """What was scanned at the desk from an original, and has no copy yet."""
    taken = {one.subject for one in copies_of(session, case)}
    query = select(Document).where(
        Document.case_id == case.id, Document.source == Source.SCANNED, Document.media_type == _PDF,
        Document.replaced_at.is_(None),
    )  # fmt: skip
    found = session.scalars(query.order_by(Document.slot, Document.uploaded_at)).all()
    return [one for one in found if one.may_be_opened and one.file_name not in taken]


def copies_of(session: Session, case: Case) -> Sequence[OutgoingPaper]:
    """The certified copies of a case."""
    query = select(OutgoingPaper).where(OutgoingPaper.case_id == case.id, OutgoingPaper.paper == signing.COPY)
    return session.scalars(query.order_by(OutgoingPaper.id)).all()


def certify(
    session: Session, tools: Tools, case_id: int, document_id: uuid.UUID, by: Actor, now: datetime, next_step: str
) -> OutgoingPaper:
    """Number a copy and have it sealed. Raises `Forbidden`, `NotFound`, `Refusal`."""
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    if not may_certify(by, case):
        raise Forbidden("Chỉ văn thư và bộ phận một cửa sao y.")
    document = session.get(Document, document_id)
    if document is None or document.id not in [one.id for one in certifiable(session, case)]:
        raise NotFound("Không có bản quét từ bản chính nào như vậy, hoặc đã sao y.")
    seal = certificates.of_agency(session, case.agency_key)
    if seal is None:
        raise Refusal("no_certificate", "Cơ quan chưa có chứng thư số để sao y điện tử.")
    paper = register.number_paper(session, case.agency_key, signing.COPY, now, case_id=case.id, is_result=False,
                                  agency_certificate_id=seal.id, subject=document.file_name)  # fmt: skip
    signing.keep(paper, tools, signing.copy_to_seal(tools.storage.get(document.sha256)), now)
    announce(session, next_step, paper.id, now)
    return paper


def keep_copy(session: Session, case: Case, paper: OutgoingPaper, now: datetime) -> None:
    """Put a finished copy into the wallet of the applicant, to be handed in instead of the original."""
    if case.applicant_id is None or paper.step != Step.DONE or paper.sha256 is None:
        return
    agency = session.get_one(Agency, paper.agency_key)
    about = wallet.Issued(paper.paper, paper.sign, agency.name, paper.issued_on, paper.valid_until)
    wallet.keep_result(session, case.applicant_id, name=f"Bản sao y: {paper.subject}", reference=case.reference,
                       sha256=paper.sha256, size=paper.size or 0, now=now, about=about)  # fmt: skip
