"""What the acknowledgement of an application says (giấy xác nhận nộp hồ sơ): all that was received."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base import links
from portal.base.clock import local_day
from portal.base.words import when
from portal.cases.models import Case
from portal.cases.paper import owner_name, place_and_date
from portal.documents import uploads
from portal.publishing import queries as publishing
from services_catalog.answers import questions_that_apply
from services_catalog.fields import show_answer
from services_catalog.slots import slot_name


def receipt_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """The data of the template "receipt"."""
    published = publishing.version(session, case.version_id)
    agency = session.get_one(Agency, case.agency_key)
    parent = session.get(Agency, agency.parent_key) if agency.parent_key else None
    asked = {field.name for field in questions_that_apply(published.form, case.answers)}
    sections = [
        (step.title, [(f.label, show_answer(f, case.answers[f.name])) for f in step.fields
                      if f.name in asked and case.answers.get(f.name) not in (None, "", [])])
        for step in published.form.steps
    ]  # fmt: skip
    return {
        "reference": case.reference,
        "lookup_code": case.lookup_code,
        "procedure": published.procedure.short_name,
        "form": published.form.title,
        "declaration": published.form.declaration,
        "agency": agency.name,
        "parent_agency": parent.name if parent else "",
        "number": "",
        "place_and_date": place_and_date(agency, local_day(case.submitted_at)),
        "owner": owner_name(session, case),
        "submitted": when(case.submitted_at),
        "answer_before": when(case.acceptance_due_at),
        "sections": [{"title": title, "rows": rows} for title, rows in sections if rows],
        "files": [
            {
                "paper": slot_name(published.procedure, published.form, file.slot),
                "name": file.file_name,
                "pages": file.pages,
                "size": f"{file.size:,}".replace(",", "."),
                "sha256": file.sha256,
            }
            for file in uploads.of_case(session, case.id)
        ],
        "signer": "",
        "signer_title": "",
        "lookup_url": links.lookup(base_url, case.reference),
        "footer": "Bản do hệ thống lập khi nhận hồ sơ; chưa phải giấy tiếp nhận và hẹn trả kết quả.",
        "is_draft": False,
    }
