"""What the acknowledgement of an application says (giấy xác nhận nộp hồ sơ): all that was received."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.words import when
from portal.cases.models import Case
from portal.cases.paper import heading, owner_name
from portal.documents import uploads
from portal.publishing import queries as publishing
from services_catalog.answers import questions_that_apply
from services_catalog.fields import show_answer
from services_catalog.slots import slot_name


def receipt_data(session: Session, case: Case, base_url: str) -> dict[str, Any]:
    """The data of the template "receipt"."""
    published = publishing.version(session, case.version_id)
    asked = {field.name for field in questions_that_apply(published.form, case.answers)}
    sections = [
        (step.title, [(f.label, show_answer(f, case.answers[f.name])) for f in step.fields
                      if f.name in asked and case.answers.get(f.name) not in (None, "", [])])
        for step in published.form.steps
    ]  # fmt: skip
    return {
        **heading(session, case, base_url, local_day(case.submitted_at)),
        "lookup_code": case.lookup_code,
        "form": published.form.title,
        "declaration": published.form.declaration,
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
        "footer": "Bản do hệ thống lập khi nhận hồ sơ; chưa phải giấy tiếp nhận và hẹn trả kết quả.",
    }
