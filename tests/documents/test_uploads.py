"""Papers that people hand in."""

from __future__ import annotations

import pytest

from portal.base.errors import NotFound, Refusal
from portal.documents import uploads
from portal.gateways.storage.folder import FolderStorage
from tests.support.answers import PDF
from tests.support.desk import Desk

JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64


def add(desk: Desk, name: str, content: bytes, *, draft=None, slot: int = 0, max_mb: int = 1):
    draft = draft or desk.draft(paper=False)
    with desk.database.unit_of_work() as session:
        return uploads.add(session, desk.storage, uploads.Incoming(name, content), draft_id=draft.id, slot=slot,
                           max_mb=max_mb, now=desk.now)  # fmt: skip


def test_the_content_decides_and_not_the_name(desk: Desk) -> None:
    assert add(desk, "anh.txt", JPG).media_type == "image/jpeg"
    for name, content in (("a.pdf", b"<html><script>"), ("a.jpg", b"MZ\x90\x00"), ("a.pdf", b""), ("a.svg", b"<svg/>")):
        with pytest.raises(Refusal):
            add(desk, name, content)


def test_too_large_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(Refusal, match="1 MB"):
        add(desk, "a.pdf", PDF + b"\n" * 1024 * 1024)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\x\\giấy.pdf", "giấy.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("/", "giay-to"),
    ],
)
def test_file_names_are_made_plain(desk: Desk, sent: str, kept: str) -> None:
    assert add(desk, sent, PDF).file_name == kept


def test_the_same_file_twice_is_one(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    assert add(desk, "a.pdf", PDF, draft=draft).id == add(desk, "b.pdf", PDF, draft=draft).id


def test_a_paper_takes_so_many_files(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    for number in range(uploads.MOST_PER_SLOT):
        add(desk, "a.pdf", PDF + str(number).encode(), draft=draft)
    with pytest.raises(Refusal):
        add(desk, "a.pdf", PDF + b"more", draft=draft)


def test_files_of_others_and_of_sent_cases_cannot_be_removed(desk: Desk) -> None:
    draft, other = desk.draft(), desk.draft()
    with desk.database.unit_of_work() as session:
        document = uploads.of_draft(session, draft.id)[0]
        with pytest.raises(NotFound):
            uploads.remove(session, other.id, document.id)
        uploads.remove(session, draft.id, document.id)


def test_storage_keeps_bytes_by_their_hash(storage: FolderStorage) -> None:
    first = storage.put(b"x")
    assert storage.put(b"x") == first
    assert storage.get(first) == b"x"
    with pytest.raises(FileNotFoundError):
        storage.get("0" * 64)
