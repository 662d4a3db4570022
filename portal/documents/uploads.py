"""Papers that people hand in: checked by their content, kept by their hash."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

import magic
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refusal
from portal.documents.models import Document
from portal.gateways.storage import Storage
from services_catalog.model import Procedure
from services_catalog.text import nfc

# What a phone or a scanner makes. The content decides, not the file name.
ACCEPTED = {
    "application/pdf": "PDF",
    "image/jpeg": "JPG",
    "image/png": "PNG",
    "image/heic": "HEIC",
    "image/heif": "HEIC",
    "image/webp": "WEBP",
}
MOST_PER_SLOT = 10
# The place of papers that the procedure does not name.
OTHER_SLOT = 1000


@dataclass(frozen=True)
class Incoming:
    """A file as it arrived."""

    file_name: str
    content: bytes


def add(
    session: Session,
    storage: Storage,
    incoming: Incoming,
    *,
    draft_id: uuid.UUID | None,
    slot: int,
    paper: str = "",
    max_mb: int,
    now: datetime,
    case_id: int | None = None,
) -> Document:
    """Keep a file for a paper of a draft, or of the case it became. The same file twice is kept once.

    `paper` is the `Procedure.paper_key` of the paper at `slot`.

    Raises `Refusal`. The caller holds the lock of the draft or case.
    """
    media_type = _check(incoming, max_mb)
    owned = of_draft(session, draft_id) if case_id is None else of_case(session, case_id)
    before = [document for document in owned if document.slot == slot]
    sha256 = hashlib.sha256(incoming.content).hexdigest()
    if same := next((document for document in before if document.sha256 == sha256), None):
        return same
    if len(before) >= MOST_PER_SLOT:
        raise Refusal("too_many_files", f"Mỗi giấy tờ nhận tối đa {MOST_PER_SLOT} tệp.")
    storage.put(incoming.content)
    document = Document(
        draft_id=draft_id,
        case_id=case_id,
        slot=slot,
        paper=paper,
        file_name=_plain_name(incoming.file_name),
        media_type=media_type,
        size=len(incoming.content),
        sha256=sha256,
        uploaded_at=now,
    )
    session.add(document)
    session.flush()
    return document


def remove(session: Session, draft_id: uuid.UUID, document_id: uuid.UUID) -> None:
    """Take a file out of a draft. Raises `NotFound`."""
    document = session.get(Document, document_id)
    if document is None or document.draft_id != draft_id or document.case_id is not None:
        raise NotFound("Không tìm thấy tệp.")
    session.delete(document)


def hand_over(session: Session, *, draft_id: uuid.UUID, case_id: int) -> None:
    """Make the files of a draft those of the case it became."""
    for document in of_draft(session, draft_id):
        document.case_id = case_id


def copy(session: Session, *, from_case: int, to_case: int, procedure: Procedure, now: datetime) -> None:
    """Give a case the files of another, each at the place of its paper in the list of `procedure`."""
    for document in of_case(session, from_case):
        copied = ("paper", "file_name", "media_type", "size", "sha256")
        same = {name: getattr(document, name) for name in copied}
        place = place_of(document.paper, procedure) if document.paper else OTHER_SLOT
        session.add(Document(draft_id=None, case_id=to_case, slot=place, uploaded_at=now, **same))
    session.flush()


def move(session: Session, draft_id: uuid.UUID, old: Procedure, new: Procedure) -> None:
    """Put the files of a draft at the places of another list of papers; those without a place go to the others."""
    for document in of_draft(session, draft_id):
        document.paper = document.paper or old.paper_key(document.slot)
        document.slot = place_of(document.paper, new)


def place_of(paper: str, procedure: Procedure) -> int:
    """Where a paper stands in the list of a procedure: the same one, else one of the same name, else the others."""
    keys = [procedure.paper_key(position) for position in range(len(procedure.documents))]
    if paper in keys:
        return keys.index(paper)
    name = paper.split("\n")[0]
    return next((place for place, d in enumerate(procedure.documents) if name and d.name == name), OTHER_SLOT)


def of_draft(session: Session, draft_id: uuid.UUID | None) -> list[Document]:
    """The files of a draft in the order of the papers."""
    query = select(Document).where(Document.draft_id == draft_id).order_by(Document.slot, Document.uploaded_at)
    return list(session.scalars(query))


def of_case(session: Session, case_id: int) -> list[Document]:
    """The files of a case in the order of the papers."""
    query = select(Document).where(Document.case_id == case_id).order_by(Document.slot, Document.uploaded_at)
    return list(session.scalars(query))


def _check(incoming: Incoming, max_mb: int) -> str:
    if not incoming.content:
        raise Refusal("empty_file", "Tệp trống. Hãy chọn lại tệp.")
    if len(incoming.content) > max_mb * 1024 * 1024:
        raise Refusal("file_too_large", f"Tệp lớn hơn {max_mb} MB. Hãy chụp lại với độ phân giải thấp hơn.")
    media_type: str = magic.from_buffer(incoming.content[:4096], mime=True)
    if PurePath(incoming.file_name.lower()).suffix == ".pdf" and media_type != "application/pdf":
        raise Refusal("file_kind", "Tệp hỏng hoặc không phải PDF. Hãy mở thử trên máy rồi tải lên lại.")
    if media_type not in ACCEPTED:
        kinds = ", ".join(dict.fromkeys(ACCEPTED.values()))
        raise Refusal("file_kind", f"Không nhận loại tệp này. Hãy dùng {kinds}.")
    return media_type


def _plain_name(file_name: str) -> str:
    """The last part of whatever path a browser sent, cut to 200 characters with its ending kept."""
    name = nfc(PurePath(file_name.replace("\\", "/")).name) or "giay-to"
    path = PurePath(name)
    return name if len(name) <= 200 else path.stem[: 200 - len(path.suffix)] + path.suffix
