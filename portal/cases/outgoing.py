"""Papers of cases on their way out: made, signed step by step, and the case released with its result.

Each step is announced after the one before has been committed, so that a worker that dies between two of them costs
nothing but the time until another takes the announcement up.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cases import copies
from portal.cases.actions import perform_locked
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.paper import paper_data
from portal.documents import papers
from portal.identity.actor import SYSTEM
from portal.issuing import certificates, signing
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.register import result_of
from portal.issuing.tools import Tools
from portal.outbox.actions import announce
from portal.outbox.queries import has_open_work

NEXT_STEP = certificates.NEXT_STEP
_AT_ONCE = 200


def go_on(session: Session, tools: Tools, paper_id: int, now: datetime) -> None:
    """Make the next step of a paper, and announce the one after. Runs twice without harm."""
    paper = session.get_one(OutgoingPaper, paper_id)
    began = paper.step
    if began == Step.DONE:
        return
    made = _render(session, tools, paper) if began == Step.NUMBERED else signing.make_next(session, tools, paper, now)
    keep_step(session, tools, paper_id, began, made, now)


def keep_step(
    session: Session, tools: Tools, paper_id: int, began: str, made: signing.Made | signing.Waits, now: datetime
) -> None:
    """Write down what was made of a paper that was at step `began`, unless another worker was faster; and go on."""
    case_id = session.get_one(OutgoingPaper, paper_id).case_id
    case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    paper = session.get_one(OutgoingPaper, paper_id, with_for_update=True, populate_existing=True)
    if paper.step != began:
        return
    signing.keep(paper, tools, made, now)
    if paper.step == Step.DONE:
        if paper.is_result and case.state == State.ISSUING:
            perform_locked(session, case, Action.RELEASE, by=SYSTEM, now=now)
        elif not paper.is_result:
            copies.keep_copy(session, case, paper, now)
    elif not (paper.problem or paper.waits_for_signer):
        announce(session, NEXT_STEP, paper.id, now)


def set_going(session: Session, now: datetime) -> int:
    """Announce again the papers that wait for a key or an authority, or were left lying; returns how many."""
    under_way = has_open_work((NEXT_STEP,))
    query = select(OutgoingPaper.id).where(
        OutgoingPaper.step != Step.DONE, OutgoingPaper.waits_for_signer.is_(False),
        OutgoingPaper.agency_certificate_id.is_not(None), ~under_way(OutgoingPaper.id),
    )  # fmt: skip
    found = session.scalars(query.order_by(OutgoingPaper.id).limit(_AT_ONCE)).all()
    for paper_id in found:
        announce(session, NEXT_STEP, paper_id, now)
    return len(found)


def go_on_with_result(session: Session, tools: Tools, case_id: int, now: datetime) -> None:
    """`go_on` with the result of a case that is being issued."""
    case = session.get_one(Case, case_id)
    found = result_of(session, case_id)
    if case.state == State.ISSUING and found is not None:
        go_on(session, tools, found.id, now)


def _render(session: Session, tools: Tools, paper: OutgoingPaper) -> signing.Made:
    case = session.get_one(Case, paper.case_id)
    pdf, anchor = papers.render_to_sign(paper.paper, paper_data(session, case, tools.base_url, paper))
    return signing.rendered(paper, pdf, anchor)
