"""Papers of cases on their way out: made, signed step by step, and the case released with its result.

Each step is announced after the one before has been committed, so that a worker that dies between two of them costs
nothing but the time until another takes the announcement up.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.db import Database
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


def render_new(session: Session, tools: Tools, paper_id: int, now: datetime) -> bool:
    """Make a numbered paper from its template; False where that was done before."""
    paper = session.get_one(OutgoingPaper, paper_id)
    if paper.step != Step.NUMBERED:
        return False
    keep_step(session, tools, paper_id, Step.NUMBERED, _render(session, tools, paper), now)
    return True


def sign_next(database: Database, tools: Tools, paper_id: int, now: datetime) -> None:
    """Make the next step of a rendered paper, and announce the one after. Runs twice without harm.

    Keys and authorities are spoken to outside of any transaction; who dies meanwhile is found by `set_going`.
    """
    with database.unit_of_work() as session:
        paper = session.get_one(OutgoingPaper, paper_id)
        keys = signing.keys_of(session, paper)
    if paper.step in (Step.NUMBERED, Step.DONE):
        return
    made = signing.make_next(keys, tools, paper, now)
    with database.unit_of_work() as session:
        certificates.note_checks(session, (keys.person, keys.seal))
        keep_step(session, tools, paper_id, paper.step, made, now)


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


def result_to_make(session: Session, case_id: int) -> int | None:
    """The paper of a case that is being issued; None where there is nothing to do."""
    case = session.get_one(Case, case_id)
    found = result_of(session, case_id)
    return found.id if case.state == State.ISSUING and found is not None else None


def _render(session: Session, tools: Tools, paper: OutgoingPaper) -> signing.Made:
    case = session.get_one(Case, paper.case_id)
    pdf, anchor = papers.render_to_sign(paper.paper, paper_data(session, case, tools.base_url, paper))
    return signing.rendered(paper, pdf, anchor)
