"""Applying again: a new draft with what an old case said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refusal
from portal.cases.drafts import new, require_offered
from portal.cases.models import Case, Draft
from portal.identity.models import Account
from portal.publishing import queries as publishing
from services_catalog.answers import typed_answers


def begin_from(session: Session, case: Case, account: Account, now: datetime) -> Draft:
    """A draft of the version in force, with the answers that it still asks for. Files are offered by the wallet.

    Raises `NotFound` for somebody else's case, `Refusal` where the procedure is no longer offered.
    """
    if case.applicant_id != account.id:
        raise NotFound("Không tìm thấy hồ sơ.")
    published = publishing.published(session, case.procedure_code)
    if published is None:
        raise Refusal("not_offered", "Thủ tục này không còn tiếp nhận hồ sơ.")
    require_offered(session, case.procedure_code, case.agency_key)
    asked = {question.name: question.kind for question in published.form.questions()}
    old = publishing.version(session, case.version_id).form
    same = {
        q.name: case.answers[q.name] for q in old.questions() if q.name in case.answers and asked.get(q.name) == q.kind
    }
    return new(session, account.id, published.version_id, case.agency_key, typed_answers(published.form, same), now)
