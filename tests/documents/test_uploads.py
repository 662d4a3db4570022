"""Papers that people hand in."""

from __future__ import annotations

import io
import uuid

import img2pdf
import pikepdf
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.base.errors import NotFound, Refusal
from portal.documents import partial, photos, scanning, uploads, wallet
from portal.documents.models import Document, QuarantinedFile, Scan
from portal.gateways.antivirus import ScannerDown
from portal.gateways.antivirus.clamd import Clamd
from portal.gateways.storage.folder import FolderStorage
from portal.standins import clamd
from services_catalog.slots import MOST_FILES, Slot
from tests.support.answers import PDF
from tests.support.desk import Desk

EXIF_ORIENTATION = 0x0112


def photo(kind: str = "JPEG", size: tuple[int, int] = (1200, 800), color: str = "white", orientation: int = 1) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, color)
    image.paste("black", (0, 0, size[0] // 4, size[1] // 4))  # a mark in the upper left
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=60)
        return out.getvalue()
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    exif[0x010F] = "Máy ảnh của tôi"
    image.save(out, kind, exif=exif)
    return out.getvalue()


def prepared(name: str, content: bytes, *, max_mb: int = 1, scanner=None) -> uploads.Prepared:
    return uploads.prepare(uploads.Incoming(name, content), uploads.Checks(max_mb, scanner))


def add(desk: Desk, name: str, content: bytes, *, draft=None, slot: int = 0, max_mb: int = 1, **more) -> Document:
    draft = draft or desk.draft(paper=False)
    file = prepared(name, content, max_mb=max_mb)
    with desk.database.unit_of_work() as session:
        return uploads.add(session, desk.storage, file, draft_id=draft.id, slot=slot, now=desk.now, **more)


def test_the_content_decides_and_not_the_name(desk: Desk) -> None:
    assert add(desk, "anh.txt", photo()).media_type == "image/jpeg"
    for name, content in (("a.pdf", b"<html><script>"), ("a.jpg", b"MZ\x90\x00"), ("a.pdf", b""), ("a.svg", b"<svg/>")):
        with pytest.raises(Refusal):
            prepared(name, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_of_any_phone_becomes_a_page(kind: str) -> None:
    file = prepared(f"anh.{kind.lower()}", photo(kind, (4000, 3000)), max_mb=20)
    with Image.open(io.BytesIO(file.content)) as page:
        assert (page.format, max(page.size)) == ("JPEG", photos.LONGEST_SIDE)
    assert file.file_name == "anh.jpg"


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (1, 0)), (8, (0, 1))])
def test_photos_are_turned_upright_and_tell_nothing_else(orientation: int, corner: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(photos.upright(photo(orientation=orientation)))) as page:
        x, y = (int(side * (0.9 if far else 0.1)) for side, far in zip(page.size, corner, strict=True))
        assert page.convert("L").crop((x - 2, y - 2, x + 2, y + 2)).getextrema()[1] < 40
        assert not page.getexif()


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(1, 2000), flip=st.integers(20, 1500))
def test_a_broken_photo_is_refused_and_never_an_error(cut: int, flip: int) -> None:
    whole = bytearray(photo("PNG", (60, 40)))
    whole[flip % len(whole)] ^= 0xFF
    try:
        assert photos.upright(bytes(whole[: max(30, len(whole) - cut)])).startswith(b"\xff\xd8")
    except Refusal:
        return


@settings(max_examples=80, deadline=None)
@given(at=st.integers(2, 400), byte=st.integers(0, 255))
def test_a_photo_with_broken_metadata_is_read_or_refused(at: int, byte: int) -> None:
    whole = bytearray(photo(size=(60, 40), orientation=6))
    whole[at % len(whole)] = byte
    try:
        assert photos.upright(bytes(whole)).startswith(b"\xff\xd8")
    except Refusal:
        return


def test_a_picture_of_absurd_size_is_not_opened() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    with pytest.raises(Refusal, match="quá nhiều điểm ảnh"):
        photos.upright(out.getvalue())


def test_a_scan_with_sixteen_bits_of_grey_stays_readable() -> None:
    out = io.BytesIO()
    Image.new("I;16", (60, 40), 20_000).save(out, "PNG")
    with Image.open(io.BytesIO(photos.upright(out.getvalue()))) as page:
        assert 70 <= page.convert("L").getpixel((30, 20)) <= 86


def test_pdfs_that_nobody_could_read_are_refused() -> None:
    empty, locked = io.BytesIO(), io.BytesIO()
    with pikepdf.new() as nothing:
        nothing.save(empty)
    with pikepdf.open(io.BytesIO(PDF)) as one:
        one.save(locked, encryption=pikepdf.Encryption(owner="x", user="mật khẩu"))
    for content, said in ((empty.getvalue(), "không có trang"), (locked.getvalue(), "mật khẩu"), (PDF[:60], "hỏng")):
        with pytest.raises(Refusal, match=said):
            prepared("a.pdf", content)


def test_too_large_is_refused_in_words() -> None:
    with pytest.raises(Refusal, match="1 MB"):
        prepared("a.pdf", PDF + b"\n" * 1024 * 1024)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\x\\giấy.pdf", "giấy.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("/", "giay-to"),
    ],
)
def test_file_names_are_made_plain(sent: str, kept: str) -> None:
    assert prepared(sent, PDF).file_name == kept


def test_the_same_file_twice_is_one(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    assert add(desk, "a.pdf", PDF, draft=draft).id == add(desk, "b.pdf", PDF, draft=draft).id


def test_a_paper_takes_so_many_files(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    for number in range(3):
        add(desk, "a.pdf", PDF + str(number).encode(), draft=draft, most=3)
    with pytest.raises(Refusal, match="3 tệp"):
        add(desk, "a.pdf", PDF + b"more", draft=draft, most=3)
    assert MOST_FILES == 20


def test_the_photos_of_a_paper_become_one_pdf(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    for color in ("white", "red", "blue"):
        add(desk, f"{color}.jpg", photo(color=color), draft=draft, slot=0)
    add(desk, "khác.jpg", photo(color="green"), draft=draft, slot=2)
    add(desk, "ký.pdf", PDF, draft=draft, slot=0)
    with desk.database.unit_of_work() as session:
        uploads.combine_photos(session, desk.storage, draft.id, desk.now)
        uploads.combine_photos(session, desk.storage, draft.id, desk.now)  # again changes nothing
        found = {(d.slot, d.file_name): d for d in uploads.of_draft(session, draft.id)}
        assert {key: d.pages for key, d in found.items()} == {(0, "white.pdf"): 3, (0, "ký.pdf"): 1, (2, "khác.pdf"): 1}
        content = desk.storage.get(found[0, "white.pdf"].sha256)
        with pikepdf.open(io.BytesIO(content)) as made:
            assert len(made.pages) == 3
            assert [float(x) for x in made.pages[0].mediabox[2:]] == pytest.approx([842, 595], abs=2)
        assert found[0, "ký.pdf"].sha256  # a PDF of the person's own is left as it is: it may be signed


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


def test_malware_is_refused_and_kept_apart(desk: Desk) -> None:
    infected = PDF + clamd.EICAR
    with clamd.running() as address:
        scanner = Clamd(address)
        assert prepared("a.pdf", PDF, scanner=scanner).scan == Scan.CLEAN
        with pytest.raises(uploads.Infected, match="Eicar") as caught:
            prepared("a.pdf", infected, scanner=scanner)
        assert scanner.version().startswith("ClamAV")
    with desk.database.unit_of_work() as session:
        scanning.quarantine(
            session, desk.storage, caught.value.content, caught.value.found, account_id=None, now=desk.now
        )
        row = session.query(QuarantinedFile).one()
    assert desk.storage.quarantined().get(row.sha256) == infected
    assert not desk.storage.has(row.sha256)


def test_a_file_that_the_scanner_has_not_seen_stays_shut_until_it_has(desk: Desk) -> None:
    down = Clamd("tcp://127.0.0.1:1", seconds=1)
    with pytest.raises(ScannerDown):
        down.scan(b"x")
    draft = desk.draft(paper=False)
    files = [prepared("a.pdf", PDF, scanner=down), prepared("b.pdf", PDF + clamd.EICAR, scanner=down)]
    with desk.database.unit_of_work() as session:
        for file in files:
            uploads.add(session, desk.storage, file, draft_id=draft.id, slot=0, now=desk.now)
        assert scanning.waiting_count(session) == 2
        assert not any(document.may_be_opened for document in uploads.of_draft(session, draft.id))
        first, second = scanning.waiting(session)
        assert not scanning.scan_one(session, desk.storage, down, first, desk.now)
    with clamd.running() as address, desk.database.unit_of_work() as session:
        assert all(scanning.scan_one(session, desk.storage, Clamd(address), one, desk.now) for one in (first, second))
        assert scanning.waiting(session) == []
        states = {d.file_name: (d.scan, d.may_be_opened) for d in uploads.of_draft(session, draft.id)}
        with pytest.raises(Refusal, match="có mã độc"):
            uploads.combine_photos(session, desk.storage, draft.id, desk.now)
    assert states == {"a.pdf": ("clean", True), "b.pdf": ("infected", False)}


def test_a_file_comes_in_pieces_in_any_rhythm(desk: Desk) -> None:
    draft = desk.draft(paper=False)
    content = PDF + bytes(range(256)) * 40
    with desk.database.unit_of_work() as session:
        upload = partial.begin(
            session, draft.id, paper="x", file_name="a.pdf", size=len(content), max_mb=1, now=desk.now
        )
        assert not partial.append(desk.storage, upload, 0, content[:100])
        for wrong in (0, 99, 101):
            with pytest.raises(partial.WrongOffset):
                partial.append(desk.storage, upload, wrong, content[wrong:])
        with pytest.raises(Refusal):
            partial.append(desk.storage, upload, 100, content[100:] + b"more")
        assert partial.append(desk.storage, upload, 100, content[100:])
        assert desk.storage.join_parts(str(upload.id)) == content
        partial.finish(session, desk.storage, upload, None, desk.now)
        assert desk.storage.join_parts(str(upload.id)) == b""
        with pytest.raises(NotFound):
            partial.upload_of(session, uuid.uuid4(), upload.id)


def test_the_wallet_keeps_papers_once_and_offers_the_fitting_one_first(desk: Desk) -> None:
    case = desk.submit()
    desk.submit()
    with desk.database.unit_of_work() as session:
        kept = wallet.papers_of(session, case.applicant_id or 0)
        assert [paper.reference for paper in kept] == [case.reference]
        wallet.put_in(
            session, desk.storage, case.applicant_id or 0, "Sổ hộ khẩu cũ", prepared("so.pdf", PDF + b"2"), desk.now
        )
        kept = wallet.papers_of(session, case.applicant_id or 0)
        today = desk.now.date()
        assert wallet.fitting(kept, "Sổ hộ khẩu", today)[0].name == "Sổ hộ khẩu cũ"
        assert wallet.fitting(kept, "Giấy chứng sinh", today)[0].reference == case.reference
        kept[0].valid_until = today.replace(year=2020)
        assert len(wallet.fitting(kept, "x", today)) == 1
        with pytest.raises(NotFound):
            wallet.paper_of(session, 0, kept[1].id)
        draft = desk.draft(paper=False)
        for paper, said in ((kept[0], "hết hạn"), (kept[1], "mã độc")):
            kept[1].scan = Scan.INFECTED
            with pytest.raises(Refusal, match=said):
                wallet.reuse(session, desk.storage, paper, draft_id=draft.id, slot=0, key="", most=5, now=desk.now)
        only_pdf = Slot(0, "x", "Giấy", only_pdf=True)
        uploads.require_fits(only_pdf, prepared("a.pdf", PDF))
        with pytest.raises(Refusal, match="chỉ nhận tệp PDF"):
            uploads.require_fits(only_pdf, prepared("a.jpg", photo()))


def test_one_pdf_is_the_same_for_the_same_photos() -> None:
    pages = [photos.upright(photo()), photos.upright(photo(color="red"))]
    assert photos.one_pdf(pages) == photos.one_pdf(pages)
    assert img2pdf.__version__
