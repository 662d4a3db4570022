"""Finding cases by what is known of their people: names without accents, phone, identity number, codes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.orm import Session

from portal.cases.models import Case, CasePerson, CaseSearch
from portal.cases.references import mentioned
from services_catalog.text import search_words

_NUMBER = re.compile(r"^[+\d][\d .-]{5,}$")
_CITIZEN_ID = re.compile(r"^\d{12}$")
_MOST_WORDS = 8
_LONGEST_WORD = 100


def remember(session: Session, case: Case) -> None:
    """Write the words by which a case is found, from its people and agencies as they are now.

    Call it whenever either changes. The agencies are among the words, so that a name that is common in the province
    finds those of one's own agencies.
    """
    rows = session.execute(select(CasePerson.name, CasePerson.phone).where(CasePerson.case_id == case.id)).all()
    names = {word[:_LONGEST_WORD] for row in rows for word in search_words(row.name)}
    phones = {row.phone for row in rows if row.phone}
    words = func.array_to_tsvector(sorted(names | phones | {_at(key) for key in case.party_keys}))
    row = insert(CaseSearch).values(case_id=case.id, words=words)
    session.execute(row.on_conflict_do_update(index_elements=["case_id"], set_={"words": words}))


def commune_of(answers: Mapping[str, Any]) -> str | None:
    """The commune in which the applicant lives, where the form asks for it in parts."""
    residence = answers.get("requester_residence")
    return residence.get("commune") if isinstance(residence, dict) else None


def found_by(typed: str, agency_keys: Collection[str]) -> Select[int] | None:
    """The ids of the cases of these agencies that what a person typed may mean; None where it says nothing.

    A code, alone or in a link, in either spelling, an identity number, a phone number, else the beginnings of words
    of names.
    """
    if reference := mentioned(typed):
        return select(Case.id).where(Case.reference == reference)
    digits = re.sub(r"[ .-]", "", typed.strip())
    if _CITIZEN_ID.match(digits):
        return select(CasePerson.case_id).where(CasePerson.citizen_id == digits)
    if _NUMBER.match(typed.strip()):
        phone = "+84" + digits.removeprefix("+84").removeprefix("0")
        return select(CaseSearch.case_id).where(_has([f"'{phone}'"], agency_keys))
    words = [word[:_LONGEST_WORD] for word in search_words(typed)[:_MOST_WORDS]]
    return select(CaseSearch.case_id).where(_has([f"'{word}':*" for word in words], agency_keys)) if words else None


def _at(agency_key: str) -> str:
    """An agency as a word: no name begins so."""
    return f"@{agency_key}"


def _has(terms: list[str], agency_keys: Collection[str]) -> ColumnElement[bool]:
    """`search_words` and keys are of letters, digits, dots and hyphens alone, so that quotes need no care."""
    places = " | ".join(f"'{_at(key)}'" for key in sorted(agency_keys)) or "'@'"
    found: ColumnElement[bool] = CaseSearch.words.op("@@")(cast(f"{' & '.join(terms)} & ({places})", TSQUERY))
    return found
