"""Sending papers to other agencies and taking in theirs. The axis is spoken to while nothing is locked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.db import Database, claim_due
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.base.logs import logger
from portal.exchange import edxml
from portal.exchange.models import BadPackageRow, Direction, ExchangedPaper
from portal.gateways.antivirus import Scanner, ScannerDown
from portal.gateways.exchange_axis import Axis
from portal.gateways.messages import SendingError
from portal.gateways.storage import Storage
from portal.identity import queries as identity
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.register import BOOK_OF_INCOMING, next_number

_LEASE, _TRY_AGAIN = timedelta(minutes=2), timedelta(minutes=5)
_MOST_FILES, _LARGEST = 20, 50_000_000
_ORGAN = re.compile(r"^[A-Z]\d\d(\.\d\d){0,3}$")
# The book of incoming papers; their numbers are counted like those of outgoing ones.
INCOMING = BOOK_OF_INCOMING
ARRIVED, REFUSED, TAKEN, DONE = "01", "02", "03", "06"
# What may follow which status of ours.
_NEXT = {ARRIVED: (TAKEN, REFUSED), TAKEN: (DONE,)}
_log = logger(__name__)


@dataclass(frozen=True)
class Words:
    """How a kind of paper is called, and what stands behind its number."""

    kind: str
    notation: str


def keeps_exchange(actor: Actor, agency_key: str) -> bool:
    """True if this person sends and takes in papers of the agency."""
    return actor.has(Role.CLERK, agency_key)


def send(
    session: Session, actor: Actor, paper_id: int, organ_id: str, organ_name: str, words: Words, now: datetime
) -> ExchangedPaper:
    """Have an issued paper sent to an agency elsewhere. Raises `NotFound`, `Forbidden`, `Refusal`, `Invalid`."""
    paper = session.get(OutgoingPaper, paper_id)
    if paper is None:
        raise NotFound("Không tìm thấy văn bản.")
    if not keeps_exchange(actor, paper.agency_key):
        raise Forbidden("Chỉ văn thư của cơ quan gửi văn bản.")
    agency = session.get_one(Agency, paper.agency_key)
    if paper.step != Step.DONE or paper.ended or agency.code is None:
        raise Refusal("not_now", "Văn bản chưa phát hành xong, đã hết hiệu lực, hoặc cơ quan chưa có mã định danh.")
    organ = new_spelling(organ_id.strip().upper())
    errors = {}
    if not _ORGAN.match(organ):
        errors["organ_id"] = "Hãy ghi mã định danh của cơ quan nhận, ví dụ G17 hoặc H37.02.02."
    if not organ_name.strip():
        errors["organ_name"] = "Hãy ghi tên cơ quan nhận."
    if errors:
        raise Invalid(errors)
    document_id = f"{agency.code},{paper.issued_on:%Y/%m/%d},{paper.number}/{words.notation}"
    row = {
        "direction": Direction.OUT, "agency_key": paper.agency_key, "organ_id": organ, "organ_name": organ_name.strip(),
        "document_id": document_id, "paper_id": paper.id, "code": f"{paper.number}/{words.notation}",
        "kind": words.kind, "subject": paper.subject, "issued_on": paper.issued_on, "at": now, "send_at": now,
        "files": [{"name": f"{paper.code}.pdf", "type": "application/pdf", "size": paper.size, "sha256": paper.sha256}],
    }  # fmt: skip
    made = session.scalar(insert(ExchangedPaper).values(row).on_conflict_do_nothing().returning(ExchangedPaper.id))
    if made is None:
        raise Refusal("sent_before", "Văn bản này đã gửi cho cơ quan đó.")
    return session.get_one(ExchangedPaper, made)


def answer(session: Session, actor: Actor, exchanged_id: int, code: str, text: str, now: datetime) -> ExchangedPaper:
    """Say what becomes of a paper that has come. Raises `NotFound`, `Refusal`, `Invalid`."""
    found = session.get(ExchangedPaper, exchanged_id, with_for_update=True)
    if found is None or found.direction != Direction.IN or not keeps_exchange(actor, found.agency_key):
        raise NotFound("Không tìm thấy văn bản đến.")
    if code not in _NEXT.get(found.status or "", ()):
        raise Refusal("not_now", "Văn bản không còn ở tình trạng này. Hãy xem lại.")
    if code == REFUSED and not text.strip():
        raise Invalid({"text": "Hãy ghi lý do từ chối."})
    found.status, found.status_text, found.status_at = code, text.strip() or edxml.STATUS_NAMES[code], now
    found.send_at = now
    return found


def next_answers(found: ExchangedPaper) -> Sequence[str]:
    """The statuses that may be said next of a paper that has come."""
    return _NEXT.get(found.status or "", ())


def hand_over_due(
    database: Database, axis: Axis, storage: Storage, now: Callable[[], datetime], *, most: int = 100
) -> int:
    """Hand over what waits, one after the other; returns how many. Any number may run."""
    for count in range(most):
        with database.unit_of_work() as session:
            found = claim_due(session, ExchangedPaper, ExchangedPaper.send_at, now(), _LEASE)
            if found is None:
                return count
            exchanged_id, status = found.id, found.status
        problem = None
        try:
            with database.unit_of_work() as session:
                key, content = _package(session, session.get_one(ExchangedPaper, exchanged_id), storage, now())
            axis.send(key, content)
        except Exception as error:  # one that cannot be handed over keeps none of the others
            problem = error.code if isinstance(error, SendingError) else type(error).__name__
            _log.warning("not_handed_over", exchanged=exchanged_id, code=problem)
        with database.unit_of_work() as session:
            found = session.get_one(ExchangedPaper, exchanged_id, with_for_update=True)
            found.problem = problem
            found.was_sent = found.was_sent or problem is None
            if problem is not None:
                found.send_at = now() + _TRY_AGAIN
            elif found.status == status or found.direction == Direction.OUT:
                found.send_at = None
            else:  # another status was said meanwhile
                found.send_at = now()
    return most


def take_in(
    database: Database, axis: Axis, storage: Storage, now: Callable[[], datetime], scanner: Scanner | None = None
) -> int:
    """Keep what has come and confirm it; returns how many. A package that is none is set aside, and said so."""
    taken = 0
    for key in axis.waiting():
        try:
            content = axis.fetch(key)
        except SendingError as error:  # the others come nevertheless
            _log.warning("not_fetched", code=error.code)
            continue
        try:
            _take(database, storage, content, scanner, now())
        except ScannerDown as error:  # it waits there until it can be looked at
            _log.warning("not_scanned", error=str(error)[:80])
            continue
        axis.confirm(key)
        taken += 1
    return taken


def _take(database: Database, storage: Storage, content: bytes, scanner: Scanner | None, now: datetime) -> None:
    try:
        found = edxml.parse(content)
        _require_clean(found, scanner)
        with database.unit_of_work() as session:
            if isinstance(found, edxml.Paper):
                _keep(session, found, storage, now)
            else:
                _note(session, found)
    except edxml.BadPackage as error:
        is_harmless = not isinstance(error, _Infected)
        sha256 = storage.put(content) if is_harmless else hashlib.sha256(content).hexdigest()
        with database.unit_of_work() as session:
            session.add(BadPackageRow(sha256=sha256, size=len(content), problem=str(error), came_at=now))
        _log.warning("bad_package", element=str(error))


class _Infected(edxml.BadPackage):
    """There is malware in it: its bytes are not kept."""


def _require_clean(found: edxml.Paper | edxml.Status, scanner: Scanner | None) -> None:
    if scanner is None or isinstance(found, edxml.Status):
        return
    for one in found.attachments:
        if name := scanner.scan(one.content).found:
            raise _Infected(f"malware: {name}")


def _package(session: Session, found: ExchangedPaper, storage: Storage, now: datetime) -> tuple[str, bytes]:
    agency = session.get_one(Agency, found.agency_key)
    us = edxml.Organ(agency.code or "", agency.name)
    number, _, notation = found.code.partition("/")
    if found.direction == Direction.IN:
        status = edxml.Status(us, found.document_id, number, notation, found.issued_on, found.status or ARRIVED,
                              found.status_text or "", found.status_at or now)  # fmt: skip
        return f"{found.id}-{status.code}", edxml.build_status(status)
    paper = session.get_one(OutgoingPaper, found.paper_id)
    names = identity.names(session, [paper.signer_id] if paper.signer_id else [])
    files = tuple(edxml.Attachment(one["name"], one["type"], storage.get(one["sha256"])) for one in found.files)
    package = edxml.Paper(
        us, (edxml.Organ(found.organ_id, found.organ_name),), number, notation, agency.name, found.issued_on,
        found.kind, found.subject, names.get(paper.signer_id or 0, ""), "", found.at, files,
    )  # fmt: skip
    return f"{found.id}", edxml.build(package)


def _keep(session: Session, paper: edxml.Paper, storage: Storage, now: datetime) -> None:
    """Enter a paper in the register of each agency of ours that it is for, once."""
    if len(paper.attachments) > _MOST_FILES or sum(len(one.content) for one in paper.attachments) > _LARGEST:
        raise edxml.BadPackage("Attachment")
    codes = {new_spelling(one.id) for one in paper.receivers}
    ours = session.scalars(select(Agency).where(Agency.code.in_(codes), Agency.is_active)).all()
    if not ours:
        raise edxml.BadPackage("To")
    files: list[dict[str, Any]] = [
        {"name": one.name, "type": one.content_type, "size": len(one.content), "sha256": storage.put(one.content)}
        for one in paper.attachments
    ]
    for agency in ours:
        same = (ExchangedPaper.direction == Direction.IN, ExchangedPaper.document_id == paper.document_id,
                ExchangedPaper.organ_id == paper.sender.id, ExchangedPaper.agency_key == agency.key)  # fmt: skip
        if session.scalar(select(ExchangedPaper.id).where(*same)) is not None:
            continue
        day = local_day(now)
        session.add(ExchangedPaper(
            direction=Direction.IN, agency_key=agency.key, organ_id=paper.sender.id, organ_name=paper.sender.name,
            document_id=paper.document_id, number=next_number(session, agency.key, INCOMING, day.year), year=day.year,
            code=f"{paper.number}/{paper.notation}", kind=paper.kind, subject=paper.subject, issued_on=paper.issued_on,
            files=files, at=now, status=ARRIVED, status_text=edxml.STATUS_NAMES[ARRIVED], status_at=now, send_at=now,
        ))  # fmt: skip


def _note(session: Session, status: edxml.Status) -> None:
    """Write down what another agency says of ours; an older word than the last is not."""
    query = select(ExchangedPaper).where(
        ExchangedPaper.direction == Direction.OUT, ExchangedPaper.document_id == status.document_id,
        ExchangedPaper.organ_id == new_spelling(status.sender.id),
    )  # fmt: skip
    found = session.scalar(query.with_for_update())
    if found is None or (found.status_at is not None and found.status_at > status.at):
        return
    found.status, found.status_text, found.status_at = status.code, status.text, status.at
