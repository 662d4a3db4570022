"""Papers that people hand in: checked by their content, kept by their hash."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path, PurePath
from typing import Any

import magic
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refusal
from portal.documents import pdfs, photos, signatures
from portal.documents.models import Document, Scan, Source, WalletPaper
from portal.gateways.antivirus import Scanner, ScannerDown
from portal.gateways.storage import Storage
from services_catalog.slots import MOST_FILES, OTHER, Slot
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
PDF, JPEG = "application/pdf", "image/jpeg"


@dataclass(frozen=True)
class Incoming:
    """A file as it arrived."""

    file_name: str
    content: bytes


@dataclass(frozen=True)
class Checks:
    """What every file goes through: its largest size, the scanner (None: off), the trusted roots of signatures."""

    max_mb: int
    scanner: Scanner | None = None
    roots: Path | None = None


class Infected(Refusal):
    """Malware was found in the file; whoever catches this keeps it apart (`portal.documents.scanning`)."""

    def __init__(self, content: bytes, found: str):
        self.content, self.found = content, found
        super().__init__("infected", f"Tệp có mã độc ({found}) nên không được nhận. Hãy quét máy của bạn.")


@dataclass(frozen=True)
class Prepared:
    """A file that was looked at and can be kept."""

    file_name: str
    content: bytes
    media_type: str
    pages: int
    scan: Scan
    signature: dict[str, Any] | None


def prepare(incoming: Incoming, checks: Checks) -> Prepared:
    """Look at a file, before any row is locked: photos are turned upright and made small, PDFs opened, all scanned.

    Raises `Refusal` with what to do, `Infected` among them.
    """
    media_type = _media_type(incoming, checks.max_mb)
    name = _plain_name(incoming.file_name)
    scan = _scanned(incoming.content, checks.scanner)
    if media_type != PDF:
        return Prepared(str(PurePath(name).with_suffix(".jpg")), photos.upright(incoming.content), JPEG, 1, scan, None)
    pages = pdfs.pages_of(incoming.content)
    report = signatures.signatures_of(incoming.content, checks.roots)
    return Prepared(name, incoming.content, PDF, pages, scan, report.document if report else None)


def add(
    session: Session,
    storage: Storage,
    file: Prepared,
    *,
    draft_id: uuid.UUID | None,
    slot: int,
    paper: str = "",
    most: int = MOST_FILES,
    now: datetime,
    case_id: int | None = None,
    source: Source = Source.UPLOADED,
) -> Document:
    """Keep a file for a paper of a draft, or of a case. The same file twice for one paper is kept once.

    `paper` is the key of the place `slot`. Raises `Refusal`. The caller holds the lock of the draft or case.
    """
    owned = of_draft(session, draft_id) if case_id is None else of_case(session, case_id)
    before = [document for document in owned if document.slot == slot]
    sha256 = hashlib.sha256(file.content).hexdigest()
    if same := next((document for document in before if document.sha256 == sha256), None):
        return same
    if len(before) >= most:
        raise Refusal("too_many_files", f"Giấy tờ này nhận tối đa {most} tệp. Hãy bỏ bớt tệp rồi thêm lại.")
    storage.put(file.content)
    document = Document(
        draft_id=draft_id,
        case_id=case_id,
        slot=slot,
        paper=paper,
        file_name=file.file_name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=sha256,
        uploaded_at=now,
        pages=file.pages,
        source=source,
        scan=file.scan,
        signature=file.signature,
    )
    session.add(document)
    session.flush()
    return document


def require_fits(slot: Slot, file: Prepared | WalletPaper) -> None:
    """Raises `Refusal` where the paper is taken in another kind of file."""
    if slot.only_pdf and file.media_type != PDF:
        raise Refusal("file_kind", "Giấy tờ này chỉ nhận tệp PDF, vì cần bản có chữ ký số. Hãy chọn tệp PDF.")


def remove(session: Session, draft_id: uuid.UUID, document_id: uuid.UUID) -> None:
    """Take a file out of a draft. Raises `NotFound`."""
    document = session.get(Document, document_id)
    if document is None or document.draft_id != draft_id or document.case_id is not None:
        raise NotFound("Không tìm thấy tệp.")
    session.delete(document)


def require_clean(session: Session, draft_id: uuid.UUID) -> None:
    """Raises `Refusal` where malware was found in a file of the draft after it had been taken."""
    bad = next((document for document in of_draft(session, draft_id) if document.scan == Scan.INFECTED), None)
    if bad is not None:
        raise Refusal("infected", f"Tệp “{bad.file_name}” có mã độc. Hãy bỏ tệp này ở phần Giấy tờ rồi gửi lại.")


def combine_photos(session: Session, storage: Storage, draft_id: uuid.UUID, now: datetime) -> None:
    """Make the photos of each paper one PDF, in the order in which they came. The caller holds the lock.

    What the list does not name may be several papers: each photo of it is a PDF of its own.
    Raises `Refusal` as `require_clean` does.
    """
    require_clean(session, draft_id)
    own = [d for d in of_draft(session, draft_id) if d.case_id is None and d.media_type == JPEG]
    for (slot, paper, _), pages in groupby(own, lambda d: (d.slot, d.paper, d.id if d.slot == OTHER else None)):
        made_of = list(pages)
        content = photos.one_pdf([storage.get(document.sha256) for document in made_of])
        scan = Scan.WAITING if any(d.scan == Scan.WAITING for d in made_of) else Scan(made_of[0].scan)
        name = str(PurePath(made_of[0].file_name).with_suffix(".pdf"))
        for document in made_of:
            session.delete(document)
        session.flush()
        file = Prepared(name, content, PDF, len(made_of), scan, None)
        add(session, storage, file, draft_id=draft_id, slot=slot, paper=paper, most=MOST_FILES + 1, now=now,
            source=Source(made_of[0].source))  # fmt: skip


def leave_out(session: Session, draft_id: uuid.UUID, places: set[int]) -> None:
    """Forget files for papers that are not asked for any more, which the person does not see either."""
    for document in of_draft(session, draft_id):
        if document.slot not in places:
            session.delete(document)
    session.flush()


def hand_over(session: Session, *, draft_id: uuid.UUID, case_id: int) -> None:
    """Make the files of a draft those of the case it became."""
    for document in of_draft(session, draft_id):
        document.case_id = case_id


def replace(session: Session, *, draft_id: uuid.UUID, case_id: int, now: datetime) -> list[Document]:
    """Make the files of a supplement those of the case; older ones for the same papers are marked as replaced."""
    new = [document for document in of_draft(session, draft_id) if document.case_id is None]
    places = {document.slot for document in new} - {OTHER}
    for document in of_case(session, case_id):
        if document.slot in places:
            document.replaced_at = now
    for document in new:
        document.case_id = case_id
    return new


def copy(session: Session, *, from_case: int, to_case: int, place: Callable[[str], int], now: datetime) -> None:
    """Give a case the files of another, each at its `place` in the other list, which takes the key of its paper."""
    same = ("paper", "file_name", "media_type", "size", "sha256", "pages", "scan", "signature")
    for document in of_case(session, from_case):
        values = {name: getattr(document, name) for name in same}
        slot = place(document.paper) if document.paper else OTHER
        session.add(
            Document(draft_id=None, case_id=to_case, slot=slot, uploaded_at=now, source=Source.REUSED, **values)
        )
    session.flush()


def of_draft(session: Session, draft_id: uuid.UUID | None) -> list[Document]:
    """The files of a draft in the order of the papers."""
    query = select(Document).where(Document.draft_id == draft_id).order_by(Document.slot, Document.uploaded_at)
    return list(session.scalars(query))


def of_case(session: Session, case_id: int, *, replaced: bool = False) -> list[Document]:
    """The files of a case that hold now, in the order of the papers; or those that others took the place of."""
    holds = Document.replaced_at.is_not(None) if replaced else Document.replaced_at.is_(None)
    query = select(Document).where(Document.case_id == case_id, holds)
    return list(session.scalars(query.order_by(Document.slot, Document.uploaded_at)))


def _media_type(incoming: Incoming, max_mb: int) -> str:
    if not incoming.content:
        raise Refusal("empty_file", "Tệp trống. Hãy chọn lại tệp.")
    if len(incoming.content) > max_mb * 1024 * 1024:
        raise Refusal("file_too_large", f"Tệp lớn hơn {max_mb} MB. Hãy chụp lại với độ phân giải thấp hơn.")
    media_type: str = magic.from_buffer(incoming.content[:4096], mime=True)
    if PurePath(incoming.file_name.lower()).suffix == ".pdf" and media_type != PDF:
        raise Refusal("file_kind", "Tệp hỏng hoặc không phải PDF. Hãy mở thử trên máy rồi tải lên lại.")
    if media_type not in ACCEPTED:
        kinds = ", ".join(dict.fromkeys(ACCEPTED.values()))
        raise Refusal("file_kind", f"Không nhận loại tệp này. Hãy dùng {kinds}.")
    return media_type


def _scanned(content: bytes, scanner: Scanner | None) -> Scan:
    """What the scanner says; where it does not answer the file is kept shut until it does."""
    if scanner is None:
        return Scan.OFF
    try:
        verdict = scanner.scan(content)
    except ScannerDown:
        return Scan.WAITING
    if verdict.found:
        raise Infected(content, verdict.found)
    return Scan.CLEAN


def _plain_name(file_name: str) -> str:
    """The last part of whatever path a browser sent, cut to 200 characters with its ending kept."""
    name = nfc(PurePath(file_name.replace("\\", "/")).name).strip(". ") or "giay-to"
    path = PurePath(name)
    return name if len(name) <= 200 else path.stem[: 200 - len(path.suffix)] + path.suffix
