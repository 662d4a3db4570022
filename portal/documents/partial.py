"""Files that come in pieces, so that a bad line loses a piece and not the file (the protocol tus 1.0)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.errors import NotFound, Refusal
from portal.documents.models import PartialUpload
from portal.gateways.storage import Storage

# Long enough to find a network again; then the pieces are forgotten.
KEPT = timedelta(days=2)
_MOST_OPEN = 40


def begin(
    session: Session, draft_id: uuid.UUID, *, paper: str, file_name: str, size: int, max_mb: int, now: datetime
) -> PartialUpload:
    """A new upload of `size` bytes for a paper of a draft. Raises `Refusal`."""
    if size > max_mb * 1024 * 1024:
        raise Refusal("file_too_large", f"Tệp lớn hơn {max_mb} MB. Hãy chụp lại với độ phân giải thấp hơn.")
    if size <= 0:
        raise Refusal("empty_file", "Tệp trống. Hãy chọn lại tệp.")
    query = select(func.count()).select_from(PartialUpload)
    if (
        session.scalar(query.where(PartialUpload.draft_id == draft_id, PartialUpload.finished_at.is_(None))) or 0
    ) >= _MOST_OPEN:
        raise Refusal("too_many_files", "Đang tải lên quá nhiều tệp cùng lúc. Hãy đợi các tệp trước xong.")
    upload = PartialUpload(draft_id=draft_id, paper=paper, file_name=file_name, size=size, offset=0, created_at=now)
    session.add(upload)
    session.flush()
    return upload


def upload_of(session: Session, draft_id: uuid.UUID, upload_id: uuid.UUID, *, lock: bool = False) -> PartialUpload:
    """An upload of a draft. Raises `NotFound`."""
    upload = session.get(PartialUpload, upload_id, with_for_update=lock or None, populate_existing=lock)
    if upload is None or upload.draft_id != draft_id:
        raise NotFound("Không tìm thấy tệp đang tải.")
    return upload


class WrongOffset(Refusal):
    """The piece does not begin where the last one ended."""

    def __init__(self) -> None:
        super().__init__("wrong_offset", "Phần tệp này không nối tiếp phần đã có.")


def append(storage: Storage, upload: PartialUpload, offset: int, content: bytes) -> bool:
    """Add a piece that begins at `offset`; True when the file is whole. The caller holds the lock.

    Raises `WrongOffset`, and `Refusal` for more bytes than were announced.
    """
    if offset != upload.offset or upload.finished_at is not None:
        raise WrongOffset()
    if offset + len(content) > upload.size:
        raise Refusal("file_too_large", "Tệp dài hơn đã báo. Hãy chọn lại tệp.")
    if content:
        storage.put_part(str(upload.id), offset, content)
        upload.offset += len(content)
    return upload.offset == upload.size


def finish(session: Session, storage: Storage, upload: PartialUpload, refusal: str | None, now: datetime) -> None:
    """The file was taken, or refused in these words: its pieces are forgotten, its row says so for a while."""
    upload.finished_at, upload.refusal = now, refusal
    storage.drop_parts(str(upload.id))


def forget_old(session: Session, storage: Storage, now: datetime) -> int:
    """Forget uploads that nobody goes on with; returns how many."""
    old = session.scalars(select(PartialUpload).where(PartialUpload.created_at < now - KEPT)).all()
    for upload in old:
        storage.drop_parts(str(upload.id))
        session.delete(upload)
    return len(old)
