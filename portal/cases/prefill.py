"""What is known of a person already, so that nobody types the same twice. It always shows and can be changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases.models import Case
from portal.identity.models import Account
from portal.publishing import queries as publishing
from services_catalog.fields import typed_of
from services_catalog.form import Form
from services_catalog.gazetteer import parts_of

_LATEST_CASES = 10
_OF_PERSON = ("born_on", "sex", "ethnicity", "nationality")
# What the account says of these is truer than what was once typed.
_OF_ACCOUNT = ("full_name", "citizen_id")


def prefilled(session: Session, form: Form, account: Account) -> dict[str, str]:
    """What stands in a new form, as if it had been typed."""
    known = known_of(session, account)
    typed: dict[str, str] = {}
    for field in form.questions():
        if field.prefill and (value := known.get(field.prefill)) is not None:
            typed |= typed_of(field, value)
    return typed


def known_of(session: Session, account: Account) -> dict[str, Any]:
    """Values by what they are of the person: from the account, and from the newest case that says it."""
    of_account = {
        "full_name": account.full_name,
        "citizen_id": account.citizen_id,
        "phone": account.phone,
        "residence": parts_of(account.residence) if account.residence else None,
    }
    own = {name: value for name, value in of_account.items() if value is not None}
    return own | _of_cases(session, account) | {name: own[name] for name in _OF_ACCOUNT if name in own}


def _of_cases(session: Session, account: Account) -> dict[str, Any]:
    """Of the cases that the person filed for themselves; what was typed for another person is not about them."""
    query = select(Case).where(Case.applicant_id == account.id, Case.typed_by.is_(None))
    found: dict[str, Any] = {}
    for case in session.scalars(query.order_by(Case.id.desc()).limit(_LATEST_CASES)):
        found = _of_own_person(case, account) | found
        if case.answers.get("requester_name") != account.full_name:
            continue
        for field in publishing.version(session, case.version_id).form.questions():
            is_own = field.prefill and field.name.startswith(("requester_", "organization_"))
            if is_own and field.prefill and (value := case.answers.get(field.name)) is not None:
                # A form of before addresses had parts kept them as text.
                found.setdefault(field.prefill, parts_of(value) if _is_old_address(field.prefill, value) else value)
    return found


def _of_own_person(case: Case, account: Account) -> dict[str, Any]:
    """What a case says of a person in it who has the account's own identification number."""
    mark = "_citizen_id"
    own = [n.removesuffix(mark) for n, v in case.answers.items() if n.endswith(mark) and v == account.citizen_id]
    told = ((what, case.answers.get(f"{prefix}_{what}")) for prefix in own for what in _OF_PERSON)
    return {what: value for what, value in told if value is not None}


def _is_old_address(what: str, value: Any) -> bool:
    return what in ("residence", "organization_address") and isinstance(value, str)
