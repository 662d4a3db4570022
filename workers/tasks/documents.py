"""Files that people hand in: scanning them, and forgetting what nobody needs."""

from portal.base.clock import now
from portal.documents import partial, scanning
from portal.documents.cleanup import forget_unused
from portal.exchange.models import BadPackageRow, ExchangedPaper
from portal.issuing.models import Certificate, OutgoingPaper, PreparedSignature
from portal.payments.models import Payment, PaymentReceipt
from workers.context import Context
from workers.tasks.timed import timed

# What other parts keep bytes for.
_ALSO_KEPT = (
    PaymentReceipt.sha256, Payment.proof_sha256, OutgoingPaper.sha256, OutgoingPaper.content_sha256,
    PreparedSignature.content_sha256, Certificate.picture_sha256,
    BadPackageRow.sha256,
)  # fmt: skip


@timed("documents.forget_unused")
def forget_unused_files(context: Context) -> None:
    """Delete the bytes that nothing refers to any more."""
    with context.database.unit_of_work() as session:
        forget_unused(session, context.storage, now(), _ALSO_KEPT, (ExchangedPaper.files,))
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
