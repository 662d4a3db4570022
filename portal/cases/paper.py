"""What the result paper of a case says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base import links
from portal.base.clock import local_day
from portal.base.errors import NotFound
from portal.base.words import when
from portal.cases.models import Case, CaseEvent, CasePerson, PersonRole
from portal.documents import templates, wallet
from portal.identity import queries as identity
from portal.identity.models import Role
from portal.issuing.models import Certificate, OutgoingPaper
from portal.issuing.register import spaced
from portal.publishing import queries as publishing
from services_catalog.fields import show_answer
from services_catalog.form import FormField

_COMMUNE = re.compile(r"^.*? (xã|phường) ")
_NO_TITLE = "Lãnh đạo phê duyệt"
MADE_BY_THE_SYSTEM = "Bản do hệ thống lập, chưa có chữ ký số."
_NOT_SIGNED = "Bản do hệ thống lập từ quyết định phê duyệt trên hệ thống, chưa có chữ ký số."
_SIGNED = "Văn bản điện tử đã ký số của người có thẩm quyền và của cơ quan."
TEST_SIGNED = "KÝ BẰNG CHỨNG THƯ THỬ NGHIỆM: văn bản không có giá trị pháp lý."
_ON_BIRTH_CERTIFICATE = (
    "child_name", "child_born_on", "child_sex", "child_ethnicity", "child_nationality", "child_birth_place",
    "child_native_place", "mother_name", "mother_birth_year", "mother_ethnicity", "mother_nationality",
    "mother_residence", "father_name", "father_birth_year", "father_ethnicity", "father_nationality",
    "father_residence", "requester_name",
)  # fmt: skip
_LABELS = {
    "mother_birth_year": "Năm sinh của mẹ",
    "mother_ethnicity": "Dân tộc của mẹ",
    "mother_nationality": "Quốc tịch của mẹ",
    "mother_residence": "Nơi cư trú của mẹ",
    "father_birth_year": "Năm sinh của cha",
    "father_ethnicity": "Dân tộc của cha",
    "father_nationality": "Quốc tịch của cha",
    "father_residence": "Nơi cư trú của cha",
    "requester_name": "Người đi đăng ký",
}


def paper_data(session: Session, case: Case, base_url: str, result: OutgoingPaper | None = None) -> dict[str, Any]:
    """The data of the result's template; without a numbered `result` it is a draft."""
    published = publishing.version(session, case.version_id)
    issuer = result.agency_key if result else case.stage_agency_key or case.agency_key
    fields = {field.name: field for field in published.form.questions()}
    return {
        **heading(session, case, base_url, result.issued_on if result else None, issuer),
        "number": result.sign if result else "…",
        "beneficiary": owner_name(session, case),
        "submitted_on": f"{local_day(case.submitted_at):%d/%m/%Y}",
        "is_granted": bool(case.is_granted),
        "valid_until": f"{result.valid_until:%d/%m/%Y}" if result and result.valid_until else "",
        "decision": case.decision or _usual_decision(session, case, published.procedure.result_paper),
        "rows": _rows(case, fields),
        **_signer(session, case),
        "footer": _footer(session, result),
        "is_draft": result is None,
        **(_checking(result, base_url) if result else {}),
    }


def heading(
    session: Session, case: Case, base_url: str, day: date | None, agency_key: str | None = None
) -> dict[str, Any]:
    """What every paper about a case begins with; of the case's own agency unless another one issues it."""
    agency = session.get_one(Agency, agency_key or case.agency_key)
    parent = session.get(Agency, agency.parent_key) if agency.parent_key else None
    return {
        "reference": case.reference,
        "procedure": publishing.version(session, case.version_id).procedure.short_name,
        "agency": agency.name,
        "parent_agency": parent.name if parent else "",
        "number": "",
        "place_and_date": place_and_date(agency, day),
        "lookup_url": links.lookup(base_url, case.reference),
        "footer": MADE_BY_THE_SYSTEM,
        "is_draft": False,
        "sources": templates.sources_for(session, agency.key),
        "signer": "",
        "signer_title": "",
    }


def apology_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """The data of the letter of apology (mẫu 04). Raises `NotFound` where the case was not put off."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event == "case.rescheduled")
    event = session.scalar(query)
    if event is None or event.actor_id is None:
        raise NotFound("Hồ sơ không có phiếu xin lỗi.")
    said = event.details
    return {
        **heading(session, case, base_url, local_day(event.at)),
        "beneficiary": owner_name(session, case),
        "accepted_on": f"{local_day(case.accepted_at or case.submitted_at):%d/%m/%Y}",
        "promised": said.get("from") or when(case.promised_due_at or event.at),
        "due": said.get("to") or when(case.due_at or event.at),
        "reason": said.get("reason", ""),
        **signed(session, case, event, Role.HEAD, "Lãnh đạo đơn vị giải quyết"),
    }


def owner_name(session: Session, case: Case) -> str:
    """Whose matter the case is."""
    owner = session.get(CasePerson, (case.id, PersonRole.OWNER))
    return owner.name if owner else case.contact_name


def _usual_decision(session: Session, case: Case, paper: str) -> str:
    """What a general paper says where the officer added nothing."""
    if paper != "decision" or not case.is_granted:
        return ""
    return f"Đồng ý giải quyết đề nghị của {owner_name(session, case)} theo hồ sơ {case.reference}."


def place_and_date(agency: Agency, day: date | None) -> str:
    """A commune's paper names the commune, any other the province (NĐ 30/2020, phụ lục I)."""
    place = _COMMUNE.sub("", agency.name) if agency.place_code else "Lạng Sơn"
    return f"{place}, ngày {day:%d} tháng {day:%m} năm {day:%Y}" if day else f"{place}, ngày … tháng … năm …"


def _rows(case: Case, fields: dict[str, FormField]) -> Sequence[tuple[str, str]]:
    printed = [fields[name] for name in _ON_BIRTH_CERTIFICATE if name in fields]
    return [(_LABELS.get(f.name, f.label), show_answer(f, case.answers.get(f.name))) for f in printed]


def _signer(session: Session, case: Case) -> dict[str, str]:
    """Name and title of the one whose approval stands."""
    approved = last_approval(session, case)
    if approved is None or approved.actor_id is None:
        return {"signer": "", "signer_title": _NO_TITLE}
    return signed(session, case, approved, Role.APPROVER, _NO_TITLE)


def last_approval(session: Session, case: Case) -> CaseEvent | None:
    """The approval that stands."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.event == "case.approved")
    return session.scalar(query.order_by(CaseEvent.number.desc()).limit(1))


def _checking(paper: OutgoingPaper, base_url: str) -> dict[str, str]:
    """How anybody checks the paper."""
    return {
        "lookup_url": links.check_paper(base_url, paper.code),
        "check_at": links.check_paper(base_url).partition("://")[2],
        "paper_code": spaced(paper.code),
        "check_code": paper.check_code,
    }


def _footer(session: Session, paper: OutgoingPaper | None) -> str:
    """Whether it is signed; and whether by an authority that is only for trying out."""
    if paper is None or paper.agency_certificate_id is None:
        return _NOT_SIGNED
    seal = session.get_one(Certificate, paper.agency_certificate_id)
    return TEST_SIGNED if seal.is_test else _SIGNED


def signed(session: Session, case: Case, event: CaseEvent, role: Role, usual_title: str) -> dict[str, str]:
    """Name and title of who made an event, in that role or in somebody's stead."""
    actor_id, acted_for = event.actor_id or 0, event.details.get("acted_for")
    principal = int(acted_for) if acted_for else None
    title = identity.title_of(session, actor_id, case.party_keys, role, principal, local_day(event.at))
    return {"signer": identity.names(session, [actor_id]).get(actor_id, ""), "signer_title": title or usual_title}


def keep_in_wallet(session: Session, case: Case, result: OutgoingPaper, now: datetime) -> None:
    """Put a result that is granted into the wallet of the applicant, to be handed in elsewhere."""
    if case.applicant_id is None or not case.is_granted or result.sha256 is None or result.ended:
        return
    procedure = publishing.version(session, case.version_id).procedure
    name = procedure.results[0] if procedure.results else f"Kết quả: {procedure.short_name}"
    about = wallet.Issued(result.paper, result.sign, session.get_one(Agency, result.agency_key).name, result.issued_on,
                          result.valid_until)  # fmt: skip
    wallet.keep_result(session, case.applicant_id, name=name, reference=case.reference, sha256=result.sha256,
                       size=result.size or 0, now=now, about=about)  # fmt: skip
