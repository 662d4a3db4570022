"""Templates of papers: an agency's own, else the province's, else the one that comes with the portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import typst
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.documents.example import example_of
from portal.documents.models import PaperTemplate
from portal.documents.papers import TEMPLATES, render

# What may be changed, and how it is called.
NAMES = {
    "decision": "Văn bản trả lời", "birth-certificate": "Giấy khai sinh",
    "intake": "Mẫu 01: Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
    "supplement": "Mẫu 02: Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
    "refusal": "Mẫu 03: Phiếu từ chối tiếp nhận giải quyết hồ sơ",
    "apology": "Mẫu 04: Phiếu xin lỗi và hẹn lại ngày trả kết quả",
    "control": "Mẫu 05: Phiếu kiểm soát quá trình giải quyết hồ sơ", "handover": "Phiếu trả kết quả",
    "receipt": "Giấy xác nhận nộp hồ sơ", "payment-receipt": "Biên lai thu phí, lệ phí",
}  # fmt: skip
_LARGEST = 50_000


def sources_for(session: Session, agency_key: str | None) -> dict[str, str]:
    """The templates that stand in for ours at an agency, by the keys of papers."""
    query = select(PaperTemplate).where(
        PaperTemplate.retired_at.is_(None),
        (PaperTemplate.agency_key.is_(None)) | (PaperTemplate.agency_key == agency_key),
    )
    found = sorted(session.scalars(query), key=lambda one: one.agency_key is not None)
    return {one.paper: one.source for one in found}


def in_use(session: Session, agency_key: str | None) -> Sequence[PaperTemplate]:
    """What an agency (None: the province) has put in place of ours itself."""
    query = select(PaperTemplate).where(PaperTemplate.retired_at.is_(None))
    return session.scalars(query.where(PaperTemplate.agency_key.is_not_distinct_from(agency_key))).all()


def standard(paper: str) -> str:
    """The template that comes with the portal."""
    return (TEMPLATES / f"{paper}.typ").read_text("utf-8")


def try_out(paper: str, source: str) -> bytes:
    """The paper with made-up data. Raises `Invalid` where the template cannot be set."""
    if paper not in NAMES:
        raise Invalid({"paper": "Không có loại giấy này."})
    if len(source) > _LARGEST:
        raise Invalid({"source": "Mẫu quá dài."})
    if '"@' in source:  # would be fetched from the network
        raise Invalid({"source": "Mẫu không được dùng gói ở ngoài (“@…”)."})
    try:
        return render(paper, {**example_of(paper), "sources": {paper: source}})
    except (typst.TypstError, TypeError, ValueError) as error:
        raise Invalid({"source": f"Mẫu chưa dựng được: {str(error)[:200]}"}) from error


def save(
    session: Session, agency_key: str | None, paper: str, source: str, by: int | None, now: datetime
) -> PaperTemplate:
    """Use a template from now on. Raises `Invalid`."""
    source = source.replace("\r\n", "\n").strip() + "\n"
    try_out(paper, source)
    retire(session, agency_key, paper, now)
    made = PaperTemplate(agency_key=agency_key, paper=paper, source=source, made_by=by, made_at=now)
    session.add(made)
    session.flush()
    return made


def retire(session: Session, agency_key: str | None, paper: str, now: datetime) -> None:
    """Go back to the province's, or to ours."""
    mine = (PaperTemplate.agency_key.is_not_distinct_from(agency_key), PaperTemplate.paper == paper)
    session.execute(update(PaperTemplate).where(*mine, PaperTemplate.retired_at.is_(None)).values(retired_at=now))
