"""Making papers."""

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.cases.actions import perform_locked
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case
from portal.cases.paper import paper_data
from portal.documents import papers, partial, results, scanning
from portal.documents.cleanup import forget_unused
from portal.identity.actor import SYSTEM
from portal.payments.models import Payment, PaymentReceipt
from workers.context import Context
from workers.tasks.listener import listener
from workers.tasks.timed import timed


@listener("documents.make_result")
def make_result(context: Context, session: Session, case_id: int) -> None:
    """Make the PDF of a numbered result, keep it, and release the case."""
    case = session.get_one(Case, case_id, with_for_update=True)
    result = results.result_of(session, case_id)
    if case.state != State.ISSUING or result is None:
        return
    data = paper_data(session, case, context.settings.base_url, result)
    results.keep_pdf(result, context.storage, papers.render(result.paper, data))
    perform_locked(session, case, Action.RELEASE, by=SYSTEM, now=now())


@timed("documents.forget_unused")
def forget_unused_files(context: Context) -> None:
    """Delete the bytes that nothing refers to any more."""
    with context.database.unit_of_work() as session:
        forget_unused(session, context.storage, now(), (PaymentReceipt.sha256, Payment.proof_sha256))
        partial.forget_old(session, context.storage, now())


@timed("documents.scan_waiting")
def scan_waiting(context: Context) -> None:
    """Show the scanner the files that came while it did not answer."""
    if context.scanner is None:
        return
    with context.database.unit_of_work() as session:
        files = scanning.waiting(session)
    for sha256 in files:  # each in a transaction of its own: nobody waits for the scans of others
        with context.database.unit_of_work() as session:
            if not scanning.scan_one(session, context.storage, context.scanner, sha256, now()):
                return
