"""The steps in which a paper is signed: the person, the agency's seal over it, and what checks both in years to come.

`make_next` does the work of the next step and talks to keys and authorities while no transaction is open. `keep` writes
it down, in the caller's transaction, under the paper's lock and only if nobody else has done the step.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator.errors import PathError, ValidationError
from sqlalchemy.orm import Session

from portal.base.clock import local
from portal.documents.papers import Anchor, render_stamp
from portal.gateways.signing import CannotSign, is_remote
from portal.issuing import certificates, pades
from portal.issuing.models import Certificate, OutgoingPaper, Step
from portal.issuing.tools import Tools

PERSON, SEAL = "NguoiKy", "CoQuan"
# As NĐ 30/2020, phụ lục I, wants them: blue for the person, red for the agency.
_BLUE, _RED = "#1f3fbf", "#c8102e"
# Points. The seal covers the left third of the person's signature.
_HAND = (142.0, 56.0)
_SEAL = 79.0
_COLORS = {"hand": _BLUE, "seal": _RED, "copy": "#000000"}
# The book of certified copies.
COPY = "sao-y"
_COPY_PLACE = (190.0, 44.0)
_EDGE = 14.0
_REASONS = {PERSON: "Ký văn bản", SEAL: "Ký số của cơ quan"}


@dataclass(frozen=True)
class Made:
    """What a step has made: the bytes, and which step they are."""

    step: Step
    content: bytes
    places: dict[str, Any] | None = None
    certificate_id: int | None = None


@dataclass(frozen=True)
class Waits:
    """The step cannot be made now. `problem`: why, or None where the signer only has to confirm."""

    problem: str | None


@dataclass(frozen=True)
class Keys:
    """The certificates that a paper is signed with now."""

    person: Certificate | None
    seal: Certificate | None


def keys_of(session: Session, paper: OutgoingPaper) -> Keys:
    """The certificates in use of the signer and of the agency."""
    person = certificates.of_account(session, paper.signer_id) if paper.signer_id else None
    return Keys(person, certificates.of_agency(session, paper.agency_key))


def make_next(keys: Keys, tools: Tools, paper: OutgoingPaper, now: datetime) -> Made | Waits:
    """The next step of a rendered paper; no transaction is open."""
    try:
        return _STEPS[Step(paper.step)](keys, tools, paper, now)
    except (certificates.AuthorityIsSilent, TimestampRequestError, OSError):
        return Waits("Nơi cấp chứng thư hoặc dấu thời gian không trả lời.")
    except (PathError, ValidationError, SignatureValidationError) as error:
        return Waits(f"Chữ ký không còn được công nhận: {type(error).__name__}.")


def keep(paper: OutgoingPaper, tools: Tools, made: Made | Waits, now: datetime) -> None:
    """Write a step down; the caller holds the paper's lock."""
    if isinstance(made, Waits):
        paper.problem, paper.waits_for_signer = made.problem, made.problem is None
        return
    paper.step, paper.problem, paper.waits_for_signer = made.step, None, False
    paper.content_sha256 = tools.storage.put(made.content)
    if made.places is not None:
        paper.places = made.places
    if made.step is Step.SIGNED:
        paper.signer_certificate_id = made.certificate_id
    if made.step is Step.DONE:
        paper.sha256, paper.size, paper.done_at = paper.content_sha256, len(made.content), now


def rendered(paper: OutgoingPaper, pdf: bytes, anchor: Anchor | None) -> Made:
    """A paper that was just made from its template: with empty fields where it is to be signed, else done."""
    if paper.agency_certificate_id is None:
        return Made(Step.DONE, pdf)
    places = places_for(pdf, anchor)
    fields = [pades.Field(name, places.get(name)) for name in (PERSON, SEAL) if name == SEAL or paper.signer_id]
    kept = {name: [place.page, *place.box] for name, place in places.items()}
    return Made(Step.RENDERED, pades.with_fields(pdf, fields), kept)


def copy_to_seal(pdf: bytes) -> Made:
    """A scanned paper with the field of the agency's signature: at the top right of the first page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        _, _, right, top = (float(x) for x in opened.pages[0].mediabox)
        whole = io.BytesIO()
        opened.save(whole)  # scanners write tables of objects that cannot be added to
    place = pades.Place(0, (right - _COPY_PLACE[0] - _EDGE, top - _COPY_PLACE[1] - _EDGE, right - _EDGE, top - _EDGE))
    return Made(Step.RENDERED, pades.with_fields(whole.getvalue(), [pades.Field(SEAL, place)]),
                {SEAL: [place.page, *place.box]})  # fmt: skip


def places_for(pdf: bytes, anchor: Anchor | None) -> dict[str, pades.Place]:
    """Where person and seal sign; without an anchor nothing is to be seen of the signatures."""
    if anchor is None:
        return {}
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        height = float(opened.pages[anchor.page].mediabox[3])
    left = anchor.left + (anchor.width - _HAND[0]) / 2
    bottom = height - anchor.top - _HAND[1] - 2
    seal_left, seal_bottom = left + _HAND[0] / 3 - _SEAL, bottom + (_HAND[1] - _SEAL) / 2
    return {
        PERSON: pades.Place(anchor.page, (left, bottom, left + _HAND[0], bottom + _HAND[1])),
        SEAL: pades.Place(anchor.page, (seal_left, seal_bottom, seal_left + _SEAL, seal_bottom + _SEAL)),
    }


def field_of(paper: OutgoingPaper, name: str, certificate: Certificate, tools: Tools, now: datetime) -> pades.Field:
    """The field of a signature with its look."""
    kept = (paper.places or {}).get(name)
    if kept is None:
        return pades.Field(name)
    page, *box = kept
    place = pades.Place(int(page), (box[0], box[1], box[2], box[3]))
    picture = tools.storage.get(certificate.picture_sha256) if certificate.picture_sha256 else b""
    look = render_stamp(
        name=certificate.subject, at=f"{local(now):%H:%M:%S %d/%m/%Y %z}", color=_COLORS[_look(paper, name)],
        look=_look(paper, name), width=box[2] - box[0], height=box[3] - box[1], picture=picture,
    )  # fmt: skip
    return pades.Field(name, place, look)


def _look(paper: OutgoingPaper, name: str) -> str:
    """Copies bear words in black instead of the seal (NĐ 30/2020, phụ lục I)."""
    return "hand" if name == PERSON else "copy" if paper.paper == COPY else "seal"


def prepare(paper: OutgoingPaper, name: str, certificate: Certificate, tools: Tools, now: datetime) -> pades.Prepared:
    """The paper with the place of a signature made."""
    content = tools.storage.get(paper.content_sha256 or "")
    return pades.prepare(content, certificate.content, field_of(paper, name, certificate, tools, now), _REASONS[name])


def sealed(session: Session, tools: Tools, agency_key: str, pdf: bytes, reason: str, now: datetime) -> bytes | None:
    """`pdf` with the agency's signature, which is not to be seen on it, and what checks it in years to come; None
    where the agency has no certificate. Raises `CannotSign`, and what authorities raise that do not answer.
    """
    found = certificates.of_agency(session, agency_key)
    if found is None:
        return None
    signed = _signed(tools, found, pades.Field(SEAL), pdf, reason, now)
    return pades.archive(signed, tools.roots, tools.tsa_url)


def _sign_by_person(keys: Keys, tools: Tools, paper: OutgoingPaper, now: datetime) -> Made | Waits:
    if paper.signer_id is None:
        return _seal(keys, tools, paper, now)
    found = keys.person
    if found is None:
        return Waits("Người ký chưa có chứng thư số.")
    if found.way in tools.signers and is_remote(tools.signers[found.way]):
        return Waits(None)
    return _sign(tools, paper, PERSON, found, Step.SIGNED, now)


def _seal(keys: Keys, tools: Tools, paper: OutgoingPaper, now: datetime) -> Made | Waits:
    if keys.seal is None:
        return Waits("Cơ quan không còn chứng thư số.")
    return _sign(tools, paper, SEAL, keys.seal, Step.SEALED, now)


def _sign(tools: Tools, paper: OutgoingPaper, name: str, found: Certificate, step: Step, now: datetime) -> Made | Waits:
    field = field_of(paper, name, found, tools, now)
    content = tools.storage.get(paper.content_sha256 or "")
    try:
        return Made(step, _signed(tools, found, field, content, _REASONS[name], now), certificate_id=found.id)
    except CannotSign as error:
        return Waits(str(error))


def _signed(tools: Tools, found: Certificate, field: pades.Field, content: bytes, reason: str, now: datetime) -> bytes:
    """`content` signed by a key that is at hand. Raises `CannotSign` with what the staff should know."""
    signer = tools.signers.get(found.way)
    if signer is None or is_remote(signer):
        raise CannotSign(f"Cách ký “{found.way}” chưa được cài đặt cho việc này.")
    if problem := certificates.check_again(found, tools, now):
        raise CannotSign(f"{problem} ({found.subject})")
    prepared = pades.prepare(content, found.content, field, reason)
    try:
        signature = signer.sign(found.key, prepared.attributes)  # type: ignore[union-attr]
    except CannotSign as error:
        raise CannotSign(f"Không dùng được khóa ký: {error}.") from error
    chain = certificates.chain_of(found)
    return pades.finish(prepared, (chain.certificate, *chain.others), signature, tools.tsa_url)


def _archive(keys: Keys, tools: Tools, paper: OutgoingPaper, now: datetime) -> Made | Waits:
    content = tools.storage.get(paper.content_sha256 or "")
    return Made(Step.DONE, pades.archive(content, tools.roots, tools.tsa_url))


_STEPS: dict[Step, Callable[[Keys, Tools, OutgoingPaper, datetime], Made | Waits]] = {
    Step.RENDERED: _sign_by_person,
    Step.SIGNED: _seal,
    Step.SEALED: _archive,
}
