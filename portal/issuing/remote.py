"""Papers that people confirm on their phones: asked once for all of them, each signed with its own signature.

The person chooses papers (`ask`); a worker makes their places (`begin`) and hands the hashes over (`hand_over`);
others look what has become of it (`poll`). The provider is spoken to while nothing is locked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.errors import Refusal
from portal.gateways.messages import SendingError
from portal.gateways.signing import Answer, CannotSign, Outcome, RemoteSigner, ToSign, is_remote
from portal.identity.models import Account
from portal.issuing import certificates, pades, signing
from portal.issuing.models import Asked, Certificate, OutgoingPaper, PreparedSignature, SigningRequest, Step
from portal.issuing.tools import Tools
from portal.outbox.actions import announce

ASKED = "signing.asked"
MOST_AT_ONCE = 50
OPEN = (Asked.NEW, Asked.WAITING)
# A request that no provider has heard of after this time was lost on the way.
_LOST = timedelta(minutes=10)
# When it is handed over again; and how long after its end a provider may still say "waiting".
_UNHEARD, _GRACE = timedelta(seconds=20), timedelta(minutes=1)
_ENDS = {Answer.REFUSED: Asked.REFUSED, Answer.EXPIRED: Asked.EXPIRED, Answer.FAILED: Asked.FAILED}
# Writes a step down and goes on with the case: given by whoever knows cases.
Keep = Callable[[Session, int, signing.Made], None]


@dataclass(frozen=True)
class Waiting:
    """A paper that waits for its signer, and whether a request for it is under way."""

    paper: OutgoingPaper
    is_asked: bool


def waiting(session: Session, account_id: int) -> list[Waiting]:
    """What this person has to confirm, the oldest first."""
    query = select(OutgoingPaper).where(
        OutgoingPaper.signer_id == account_id, OutgoingPaper.waits_for_signer, OutgoingPaper.step == Step.RENDERED
    )
    under_way = _under_way(session, account_id)
    return [Waiting(one, one.id in under_way) for one in session.scalars(query.order_by(OutgoingPaper.id))]


def ask(session: Session, account_id: int, paper_ids: Sequence[int], now: datetime) -> SigningRequest:
    """Ask for one confirmation of these papers. Raises `Refusal`."""
    session.get_one(Account, account_id, with_for_update=True)  # two windows of one person, one after the other
    known = {one.paper.id: one for one in waiting(session, account_id)}
    if not paper_ids:
        raise Refusal("nothing_chosen", "Hãy chọn ít nhất một văn bản.")
    if len(paper_ids) > MOST_AT_ONCE:
        raise Refusal("too_many", f"Mỗi lần ký tối đa {MOST_AT_ONCE} văn bản.")
    if any(paper_id not in known or known[paper_id].is_asked for paper_id in paper_ids):
        raise Refusal("not_now", "Có văn bản không còn chờ bạn ký, hoặc đang chờ xác nhận. Hãy xem lại danh sách.")
    found = certificates.of_account(session, account_id)
    if found is None:
        raise Refusal("no_certificate", "Bạn chưa có chứng thư số.")
    request = SigningRequest(account_id=account_id, certificate_id=found.id, state=Asked.NEW, made_at=now,
                             papers=sorted(set(paper_ids)))  # fmt: skip
    session.add(request)
    session.flush()
    announce(session, ASKED, request.id, now)
    return request


def last_request(session: Session, account_id: int) -> SigningRequest | None:
    """The latest request of a person."""
    query = select(SigningRequest).where(SigningRequest.account_id == account_id)
    return session.scalar(query.order_by(SigningRequest.id.desc()).limit(1))


def begin(session: Session, tools: Tools, request_id: int, now: datetime) -> None:
    """Make the places of the signatures, once. What is to be signed is fixed from then on."""
    request = session.get_one(SigningRequest, request_id, with_for_update=True)
    if request.state != Asked.NEW or _prepared(session, request_id):
        return
    found = session.get_one(Certificate, request.certificate_id)
    papers = _papers(session, request)
    if _remote(tools, found) is None or not papers or certificates.check_again(found, tools, now):
        request.state, request.ended_at = Asked.FAILED, now
        return
    for paper in papers:
        _prepare(session, tools, request, found, paper, now)


def hand_over(database: Database, tools: Tools, request_id: int, now: datetime) -> None:
    """Ask the provider, under a key that is the same each time: it asks the person once."""
    with database.unit_of_work() as session:
        request = session.get_one(SigningRequest, request_id)
        found = session.get_one(Certificate, request.certificate_id)
        prepared = _prepared(session, request_id)
        papers = {paper.id: paper for paper in _papers(session, request)}
    signer = _remote(tools, found)
    if request.state != Asked.NEW or signer is None or not prepared:
        return
    documents = [ToSign(str(one.paper_id), f"Văn bản số {papers[one.paper_id].sign}", _digest(one))
                 for one in prepared if one.paper_id in papers]  # fmt: skip
    about = f"Cổng dịch vụ công Lạng Sơn: ký {len(documents)} văn bản"
    begun = None
    try:
        begun = signer.begin(found.key, found.serial, documents, about, f"langson-{request.id}")
    except SendingError:  # it is asked again, until the request is taken for lost
        return
    except (CannotSign, KeyError, ValueError, TypeError):
        pass
    with database.unit_of_work() as session:
        request = session.get_one(SigningRequest, request_id, with_for_update=True)
        if request.state != Asked.NEW:
            return
        if begun is None:
            request.state, request.ended_at = Asked.FAILED, now
        else:
            request.state, request.provider_key, request.expires_at = Asked.WAITING, begun.key, begun.expires_at


def open_requests(session: Session) -> list[int]:
    """Those that are with a provider, or on the way there."""
    query = select(SigningRequest.id).where(SigningRequest.state.in_(OPEN)).order_by(SigningRequest.id)
    return list(session.scalars(query))


def poll(database: Database, tools: Tools, request_id: int, now: datetime, keep: Keep) -> None:
    """Ask what has become of a request, and go on with its papers where it is signed."""
    with database.unit_of_work() as session:
        request = session.get_one(SigningRequest, request_id)
        found = session.get_one(Certificate, request.certificate_id)
    if request.state == Asked.NEW and now > request.made_at + _UNHEARD:
        hand_over(database, tools, request_id, now)
    outcome = _outcome(tools, request, found, now)
    if outcome.answer is Answer.WAITING:
        return
    finished = _finish(database, tools, request_id, found, outcome) if outcome.answer is Answer.SIGNED else {}
    # First the papers, each for itself, then the request: who dies in between is asked the same again.
    for paper_id, content in finished.items():
        with database.unit_of_work() as session:
            keep(session, paper_id, signing.Made(Step.SIGNED, content, certificate_id=found.id))
    with database.unit_of_work() as session:
        request = session.get_one(SigningRequest, request_id, with_for_update=True)
        if request.state not in OPEN:
            return
        request.state, request.ended_at = _ENDS.get(outcome.answer, Asked.SIGNED), now
        if outcome.answer is Answer.SIGNED and len(finished) < len(request.papers):
            request.state = Asked.FAILED  # a signature does not fit its paper: those that do are kept


def _outcome(tools: Tools, request: SigningRequest, found: Certificate, now: datetime) -> Outcome:
    signer = _remote(tools, found)
    if request.state == Asked.NEW or request.provider_key is None:
        return Outcome(Answer.FAILED if now > request.made_at + _LOST else Answer.WAITING)
    if signer is None or found.ended_at is not None:
        return Outcome(Answer.FAILED)
    grace = _GRACE
    try:
        outcome = signer.poll(found.key, request.provider_key)
    except (SendingError, CannotSign, KeyError, ValueError, TypeError):
        outcome, grace = Outcome(Answer.WAITING), _LOST  # it may be signed, and only the answer be missing
    over = request.expires_at is not None and now > request.expires_at + grace
    return Outcome(Answer.EXPIRED) if outcome.answer is Answer.WAITING and over else outcome


def _finish(
    database: Database, tools: Tools, request_id: int, found: Certificate, outcome: Outcome
) -> dict[int, bytes]:
    """The signed PDFs by paper, of those whose signature fits."""
    with database.unit_of_work() as session:
        prepared = _prepared(session, request_id)
    chain = certificates.chain_of(found)
    made = {}
    for one in prepared:
        signature = outcome.signatures.get(str(one.paper_id))
        if signature is None or not pades.fits(found.content, signature, one.attributes):
            continue
        place = pades.Prepared(tools.storage.get(one.content_sha256), one.document_digest, one.region_start,
                               one.region_end, one.attributes)  # fmt: skip
        made[one.paper_id] = pades.finish(place, (chain.certificate, *chain.others), signature, tools.tsa_url)
    return made


def _prepare(
    session: Session, tools: Tools, request: SigningRequest, found: Certificate, paper: OutgoingPaper, now: datetime
) -> None:
    made = signing.prepare(paper, signing.PERSON, found, tools, now)
    session.add(PreparedSignature(
        request_id=request.id, paper_id=paper.id, content_sha256=tools.storage.put(made.pdf),
        document_digest=made.document_digest, region_start=made.start, region_end=made.end, attributes=made.attributes,
    ))  # fmt: skip


def _prepared(session: Session, request_id: int) -> Sequence[PreparedSignature]:
    query = select(PreparedSignature).where(PreparedSignature.request_id == request_id)
    return session.scalars(query.order_by(PreparedSignature.paper_id)).all()


def _digest(one: PreparedSignature) -> bytes:
    return hashlib.sha256(one.attributes).digest()


def _papers(session: Session, request: SigningRequest) -> Sequence[OutgoingPaper]:
    query = select(OutgoingPaper).where(
        OutgoingPaper.id.in_(request.papers), OutgoingPaper.waits_for_signer, OutgoingPaper.step == Step.RENDERED
    )
    return session.scalars(query.order_by(OutgoingPaper.id)).all()


def _under_way(session: Session, account_id: int) -> set[int]:
    """Papers of requests that are under way."""
    query = select(SigningRequest.papers).where(SigningRequest.account_id == account_id, SigningRequest.state.in_(OPEN))
    return {paper_id for papers in session.scalars(query) for paper_id in papers}


def _remote(tools: Tools, found: Certificate) -> RemoteSigner | None:
    signer = tools.signers.get(found.way)
    return signer if signer is not None and is_remote(signer) else None  # type: ignore[return-value]
