"""Results: numbered without gaps, kept as PDF once a worker has made it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.documents.models import Result, ResultCounter
from portal.gateways.storage import Storage


def number_result(session: Session, case_id: int, agency_key: str, paper: str, now: datetime) -> Result:
    """Give the result of a case the next number of its agency, kind of paper and year.

    The counter's row lock makes others wait; a rollback gives the number back, so there are no gaps.
    """
    day = local_day(now)
    counter = insert(ResultCounter).values(agency_key=agency_key, paper=paper, year=day.year, last=1)
    counter = counter.on_conflict_do_update(
        index_elements=["agency_key", "paper", "year"], set_={"last": ResultCounter.last + 1}
    )
    number = session.scalar(counter.returning(ResultCounter.last))
    result = Result(case_id=case_id, agency_key=agency_key, paper=paper, year=day.year, number=number, issued_on=day)
    session.add(result)
    session.flush()
    return result


def result_of(session: Session, case_id: int) -> Result | None:
    """The result of a case, or None before it is numbered."""
    return session.get(Result, case_id)


def keep_pdf(result: Result, storage: Storage, pdf: bytes) -> None:
    """Attach the PDF to its result."""
    result.sha256, result.size = storage.put(pdf), len(pdf)
