"""Finding cases by what is known of their people: names without accents, phone, identity number, codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.orm import Session

from portal.cases.models import Case, CasePerson, CaseSearch
from portal.cases.references import normalise
from services_catalog.text import search_words

_NUMBER = re.compile(r"^[+\d][\d .-]{5,}$")
_CITIZEN_ID = re.compile(r"^\d{12}$")
_MOST_WORDS = 8
_LONGEST_WORD = 100


def remember(session: Session, case_id: int) -> None:
    """Write the words by which a case is found, from its people as they are now. Call it whenever they change."""
    rows = session.execute(select(CasePerson.name, CasePerson.phone).where(CasePerson.case_id == case_id)).all()
    names = {word[:_LONGEST_WORD] for row in rows for word in search_words(row.name)}
    words = func.array_to_tsvector(sorted(names | {row.phone for row in rows if row.phone}))
    row = insert(CaseSearch).values(case_id=case_id, words=words)
    session.execute(row.on_conflict_do_update(index_elements=["case_id"], set_={"words": words}))


def commune_of(answers: Mapping[str, Any]) -> str | None:
    """The commune in which the applicant lives, where the form asks for it in parts."""
    residence = answers.get("requester_residence")
    return residence.get("commune") if isinstance(residence, dict) else None


def found_by(typed: str) -> Select[int] | None:
    """The ids of the cases that what a person typed may mean; None where it says nothing.

    A code in either spelling, an identity number, a phone number, else the beginnings of words of names.
    """
    if reference := normalise(typed):
        return select(Case.id).where(Case.reference == reference)
    digits = re.sub(r"[ .-]", "", typed.strip())
    if _CITIZEN_ID.match(digits):
        return select(CasePerson.case_id).where(CasePerson.citizen_id == digits)
    if _NUMBER.match(typed.strip()):
        phone = "+84" + digits.removeprefix("+84").removeprefix("0")
        return select(CaseSearch.case_id).where(_has([f"'{phone}'"]))
    words = [word[:_LONGEST_WORD] for word in search_words(typed)[:_MOST_WORDS]]
    return select(CaseSearch.case_id).where(_has([f"'{word}':*" for word in words])) if words else None


def _has(terms: list[str]) -> ColumnElement[bool]:
    """`words` and `search_words` give letters, digits and dots alone, so that quotes need no care."""
    found: ColumnElement[bool] = CaseSearch.words.op("@@")(cast(" & ".join(terms), TSQUERY))
    return found
