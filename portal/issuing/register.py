"""The register of outgoing papers: numbers without gaps, and which papers are in force."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.documents.models import WalletPaper
from portal.identity.actor import Actor
from portal.identity.models import CASE_ROLES, Role
from portal.issuing.models import Ended, OutgoingPaper, PaperCounter, Step

# Without letters and figures that look alike.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH, CHECK_LENGTH = 10, 6
# Papers that have come are counted like those that go out.
BOOK_OF_INCOMING = "van-ban-den"
# Who ends what was signed: who signs.
_ENDING = Role.APPROVER
_KEEPING = (Role.CLERK, Role.HEAD, Role.APPROVER)


def number_paper(
    session: Session, agency_key: str, paper: str, now: datetime, *, case_id: int | None = None,
    signer_id: int | None = None, agency_certificate_id: int | None = None, subject: str = "", is_result: bool = True,
    valid_until: date | None = None,
) -> OutgoingPaper:  # fmt: skip
    """Enter a paper with the next number of its agency, kind and year."""
    day = local_day(now)
    number = next_number(session, agency_key, paper, day.year)
    entered = OutgoingPaper(
        case_id=case_id, agency_key=agency_key, paper=paper, year=day.year, number=number, issued_on=day,
        is_result=is_result, subject=subject, code=_random(CODE_LENGTH), check_code=_random(CHECK_LENGTH),
        signer_id=signer_id, agency_certificate_id=agency_certificate_id, step=Step.NUMBERED,
        valid_until=valid_until,
    )  # fmt: skip
    session.add(entered)
    session.flush()
    return entered


def next_number(session: Session, agency_key: str, book: str, year: int) -> int:
    """The next number of a book.

    The counter's row lock makes others wait; a rollback gives the number back, so there are no gaps.
    """
    counter = insert(PaperCounter).values(agency_key=agency_key, paper=book, year=year, last=1)
    counter = counter.on_conflict_do_update(
        index_elements=["agency_key", "paper", "year"], set_={"last": PaperCounter.last + 1}
    )
    return session.scalars(counter.returning(PaperCounter.last)).one()


def result_of(session: Session, case_id: int) -> OutgoingPaper | None:
    """The result of a case, or None before it is numbered."""
    return session.scalar(select(OutgoingPaper).where(OutgoingPaper.case_id == case_id, OutgoingPaper.is_result))


def paper_by_code(session: Session, code: str) -> OutgoingPaper | None:
    """The paper that bears this code, however it is typed in."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    return session.scalar(select(OutgoingPaper).where(OutgoingPaper.code == plain)) if plain else None


def spaced(code: str) -> str:
    """A code as it is printed: in groups."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))


def keeps_register(actor: Actor, agency_key: str) -> bool:
    """True if this person reads the register of the agency."""
    return any(actor.has(role, agency_key) for role in _KEEPING)


def register_agencies(actor: Actor) -> list[str]:
    """The agencies whose registers this person reads."""
    return sorted({agency for agency, role in actor.roles if role in _KEEPING and role in CASE_ROLES})


def register(
    session: Session, agency_key: str, since: date, until: date, *, paper: str = "", limit: int = 500
) -> Sequence[OutgoingPaper]:
    """The papers of those days (both included), in the order of the book."""
    query = select(OutgoingPaper).where(
        OutgoingPaper.agency_key == agency_key, OutgoingPaper.issued_on >= since, OutgoingPaper.issued_on <= until
    )
    if paper:
        query = query.where(OutgoingPaper.paper == paper)
    order = (OutgoingPaper.issued_on, OutgoingPaper.paper, OutgoingPaper.number)
    return session.scalars(query.order_by(*order).limit(limit)).all()


def books(session: Session, agency_key: str) -> list[str]:
    """The kinds of papers of which the agency has numbers."""
    query = select(PaperCounter.paper).where(PaperCounter.agency_key == agency_key).distinct()
    return sorted(set(session.scalars(query)) - {BOOK_OF_INCOMING})


def of_register(session: Session, actor: Actor, paper_id: int, *, lock: bool = False) -> OutgoingPaper:
    """A paper of a register that this person reads. Raises `NotFound`."""
    found = session.get(OutgoingPaper, paper_id, with_for_update=lock or None)
    if found is None or not keeps_register(actor, found.agency_key):
        raise NotFound("Không tìm thấy văn bản.")
    return found


def end(
    session: Session, actor: Actor, paper_id: int, *, reason: str, replaced_by: str, now: datetime
) -> OutgoingPaper:
    """Withdraw a paper, or say which one of the same agency takes its place (by its code).

    Raises `NotFound`, `Forbidden`, `Refusal`, `Invalid`.
    """
    found = of_register(session, actor, paper_id, lock=True)
    if not may_end(actor, found):
        raise Forbidden("Chỉ người có thẩm quyền ký mới thu hồi văn bản.")
    if found.step != Step.DONE or found.ended:
        raise Refusal("not_now", "Văn bản chưa phát hành xong, hoặc đã hết hiệu lực.")
    if not reason.strip():
        raise Invalid({"reason": "Hãy ghi lý do."})
    successor = paper_by_code(session, replaced_by) if replaced_by.strip() else None
    if replaced_by.strip() and not _may_follow(successor, found):
        raise Invalid({"replaced_by": "Không có văn bản còn hiệu lực nào của cơ quan mang mã này."})
    found.ended = Ended.REPLACED if successor else Ended.WITHDRAWN
    found.ended_at, found.ended_by, found.end_reason = now, actor.account_id, reason.strip()
    found.replaced_by_id = successor.id if successor else None
    # Nobody hands it in elsewhere any more.
    kept = update(WalletPaper).where(WalletPaper.sha256 == found.sha256)
    session.execute(kept.values(valid_until=local_day(now) - timedelta(days=1)))
    return found


def may_end(actor: Actor, paper: OutgoingPaper) -> bool:
    """True if this person may withdraw what was signed at that agency."""
    return actor.has(_ENDING, paper.agency_key)


def is_in_force(paper: OutgoingPaper, day: date) -> bool:
    """True if it was issued, and neither ended nor expired."""
    return paper.step == Step.DONE and not paper.ended and (paper.valid_until is None or paper.valid_until >= day)


def _may_follow(successor: OutgoingPaper | None, found: OutgoingPaper) -> bool:
    return (
        successor is not None
        and successor.id != found.id
        and successor.agency_key == found.agency_key
        and successor.step == Step.DONE
        and not successor.ended
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
