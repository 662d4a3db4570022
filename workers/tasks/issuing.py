"""Papers on their way out, and what people confirm on their phones."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.logs import logger
from portal.cases import outgoing
from portal.issuing import remote
from portal.issuing.models import Step
from portal.issuing.signing import Made
from workers.context import Context
from workers.tasks.listener import listener
from workers.tasks.timed import timed

_log = logger(__name__)


Later = Callable[[], None] | None


@listener("issuing.make_result")
def make_result(context: Context, session: Session, case_id: int) -> Later:
    """A result is numbered, or was left lying: go on with it."""
    paper_id = outgoing.result_to_make(session, case_id)
    return _next_step(context, session, paper_id) if paper_id is not None else None


@listener("issuing.go_on")
def go_on(context: Context, session: Session, paper_id: int) -> Later:
    """Make the next step of a paper."""
    return _next_step(context, session, paper_id)


def _next_step(context: Context, session: Session, paper_id: int) -> Later:
    """Render it here and now; or sign it, once the delivery is committed."""
    if outgoing.render_new(session, context.tools, paper_id, now()):
        return None
    return lambda: outgoing.sign_next(context.database, context.tools, paper_id, now())


@listener("issuing.begin")
def begin(context: Context, session: Session, request_id: int) -> Callable[[], None]:
    """Ask the signer to confirm on the phone."""
    remote.begin(session, context.tools, request_id, now())

    def after() -> None:
        remote.hand_over(context.database, context.tools, request_id, now())

    return after


@timed("issuing.poll")
def poll(context: Context) -> None:
    """See who has confirmed."""

    def keep(session: Session, paper_id: int, made: Made) -> None:
        outgoing.keep_step(session, context.tools, paper_id, Step.RENDERED, made, now())

    with context.database.unit_of_work() as session:
        requests = remote.open_requests(session)
    for request_id in requests:
        try:
            remote.poll(context.database, context.tools, request_id, now(), keep)
        except Exception as error:  # one request keeps none of the others
            _log.warning("not_polled", request=request_id, error=type(error).__name__)


@timed("issuing.set_going")
def set_going(context: Context) -> None:
    """Papers that wait for a key or an authority are tried again."""
    with context.database.unit_of_work() as session:
        outgoing.set_going(session, now())
