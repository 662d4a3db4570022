"""The catalogue as files: out and in again is the same, and what is wrong is told row by row."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from services_catalog.exchange import json_lines, national, workbook
from services_catalog.exchange.entries import Entry, WrongFile
from services_catalog.fees import Exemption, Fee
from services_catalog.library import as_document
from services_catalog.loader import library, load_catalog, national_columns
from services_catalog.model import Procedure, RequiredDocument, TimeLimit
from services_catalog.terms import Audience, Channel, FeeKind, ServiceLevel, TimeUnit
from services_catalog.text import nfc

KNOWN = library()
# One whose code a spreadsheet would shorten comes first.
ALL = sorted(load_catalog().procedures.values(), key=lambda procedure: procedure.code != "1.000110")

text = st.text(max_size=60).map(lambda typed: nfc(typed) or "x")
nasty = st.sampled_from(["=1+1", "_x0041_", "+84", "'x", "1.000123", "TRUE", "ngày 1/2/2026", "a | b: c; d", "-"])
words = st.one_of(text, nasty)
channels = st.lists(st.sampled_from(Channel), unique=True, max_size=3).map(tuple)
fees = st.builds(
    Fee, amount_vnd=st.sampled_from([0, 1000, 25_000, 10**9]), kind=st.none() | st.sampled_from(FeeKind),
    applies_to=st.none(), channels=channels, valid_from=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    exemptions=st.lists(st.builds(Exemption, who=words, percent_off=st.integers(1, 100)), max_size=2).map(tuple),
)  # fmt: skip
papers = st.builds(
    RequiredDocument, name=words, applies_to=st.none() | words, originals=st.integers(0, 3), required=st.booleans(),
    form_file=st.none() | words, most_files=st.none() | st.integers(1, 20), only_pdf=st.booleans(),
)  # fmt: skip
procedures = st.builds(
    Procedure, code=st.integers(0, 9_999_999).map(lambda n: f"{n // 10**6}.{n % 10**6:06}"), name=words,
    sector=st.sampled_from(sorted(KNOWN.sectors)), ministry=words,
    agencies=st.lists(st.sampled_from(sorted(KNOWN.agency_names)), min_size=1, max_size=3, unique=True).map(tuple),
    audiences=st.lists(st.sampled_from(Audience), unique=True).map(tuple), decision_no=st.none() | words,
    channels=channels, return_channels=channels, service_level=st.sampled_from(ServiceLevel),
    levels=st.dictionaries(st.sampled_from(sorted(KNOWN.agency_names)), st.sampled_from(ServiceLevel), max_size=2),
    steps=st.lists(words, max_size=3).map(tuple), conditions=st.lists(words, max_size=3).map(tuple),
    results=st.lists(words, max_size=2).map(tuple), legal_basis=st.lists(words, max_size=3).map(tuple),
    time_limits=st.lists(st.builds(TimeLimit, value=st.integers(1, 99), unit=st.sampled_from(TimeUnit),
                                   channels=channels), max_size=2).map(tuple),
    fees=st.lists(fees, max_size=2).map(tuple),
    documents=st.lists(papers, max_size=3).map(tuple),
    papers_reviewed=st.booleans(), official_page=st.none(), form=st.just("composed"),
    workflow=st.just("standard"), stages=st.just(()), promised_hours=st.none() | st.integers(1, 500),
    result_paper=st.just("decision"),
)  # fmt: skip


def documents(entries: list[Entry]) -> list[Procedure]:
    return [KNOWN.check(entry.document(None)) for entry in entries]


@settings(max_examples=60, deadline=None)
@given(st.lists(procedures, max_size=4, unique_by=lambda p: p.code))
def test_round_trips_are_exact(some: list[Procedure]) -> None:
    assert documents(workbook.read(workbook.write(some, KNOWN), KNOWN)) == some
    assert documents(json_lines.read(json_lines.write(some))) == some


def test_the_shipped_catalogue_goes_out_and_in_again() -> None:
    assert documents(workbook.read(workbook.write(ALL, KNOWN), KNOWN)) == ALL
    assert documents(json_lines.read(json_lines.write(ALL))) == ALL


def test_own_stages_go_out_and_in_again() -> None:
    stages = [
        {"key": "a", "label": "Nhận", "role": "receiving_officer", "does": "receive", "hours": 1},
        {
            "key": "b",
            "label": "Làm",
            "role": "case_officer",
            "does": "propose",
            "hours": 3,
            "options": ["supplement", "opinion"],
        },
        {"key": "b2", "label": "Xem", "role": "head", "does": "endorse", "hours": 2, "when": "outcome = refused"},
        {"key": "c", "label": "Ký", "role": "approver", "does": "approve", "hours": 1, "agency": "@parent"},
        {
            "key": "d",
            "label": "Trả",
            "role": "clerk",
            "does": "issue",
            "hours": 1,
            "agency": "so-tu-phap",
            "automatic": True,
        },
    ]
    own = KNOWN.check({**as_document(ALL[0]), "stages": stages, "promised_hours": 8})
    assert documents(workbook.read(workbook.write([own], KNOWN), KNOWN)) == [own]


def test_formulas_stay_text() -> None:
    evil = ALL[0].model_copy(update={"name": "=HYPERLINK(1)"})
    book = load_workbook(io.BytesIO(workbook.write([evil], KNOWN)))
    assert book["Thủ tục"]["B2"].data_type == "s"


def changed(change: Callable[[Any], None]) -> bytes:
    """The workbook of the first two procedures, changed by hand."""
    book = load_workbook(io.BytesIO(workbook.write(ALL[:2], KNOWN)))
    change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def sheet_without(title: str) -> Callable[[Any], None]:
    return lambda book: book.remove(book[title])


def cell(sheet: str, place: str, value: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][place] = value

    return change


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (sheet_without("Thủ tục"), ("Thủ tục", 0, "")),
        (cell("Thủ tục", "C1", "Lãnh vực"), ("Thủ tục", 1, "Lãnh vực")),
        (cell("Thủ tục", "A3", ALL[0].code), ("Thủ tục", 3, "Mã thủ tục")),
        (cell("Giấy tờ", "A2", "9.999999"), ("Giấy tờ", 2, "Mã thủ tục")),
        (cell("Giấy tờ", "B1", None), ("Giấy tờ", 1, "Tên giấy tờ")),
        (cell("Miễn giảm", "A2", ALL[0].code), ("Miễn giảm", 2, "Phí thứ")),
        (cell("Thủ tục", "A4", " "), ("Thủ tục", 4, "Mã thủ tục")),
    ],
)
def test_a_broken_workbook_tells_where(change: Callable[[Any], None], place: tuple[str, int, str]) -> None:
    with pytest.raises(WrongFile) as caught:
        workbook.read(changed(change), KNOWN)
    assert place in {(mistake.sheet, mistake.row, mistake.column) for mistake in caught.value.mistakes}


def test_an_absent_sheet_or_column_leaves_things_as_they_are() -> None:
    def change(book: Any) -> None:
        book.remove(book["Giấy tờ"])
        book["Thủ tục"].delete_cols(4)  # the ministry
        book["Thủ tục"]["B2"] = "Tên mới"

    entry = workbook.read(changed(change), KNOWN)[0]
    now = KNOWN.check(entry.document(as_document(ALL[0])))
    assert now == ALL[0].model_copy(update={"name": "Tên mới"})


def test_numbers_and_days_typed_into_cells() -> None:
    def change(book: Any) -> None:
        book["Thủ tục"]["A2"] = 1.000110
        book["Thủ tục"]["I2"] = 163
        book["Phí"].append([ALL[0].code, 8000, "Phí", None, None, datetime(2026, 1, 2), "31/12/2026"])  # noqa: DTZ001

    now = KNOWN.check(workbook.read(changed(change), KNOWN)[0].document(None))
    assert now.decision_no == "163"
    assert now.fees == (
        Fee(amount_vnd=8000, kind=FeeKind.FEE, valid_from=date(2026, 1, 2), valid_to=date(2026, 12, 31)),
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"{}", workbook.write([], KNOWN)[:-200]])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(WrongFile):
        workbook.read(content, KNOWN)


@pytest.mark.parametrize("line", ["{", "[]", '{"name": "x"}', "[" * 100_000])
def test_broken_lines_are_counted(line: str) -> None:
    content = json_lines.write(ALL[:2]) + line.encode()
    with pytest.raises(WrongFile) as caught:
        json_lines.read(content)
    assert [mistake.row for mistake in caught.value.mistakes] == [3]


def national_table(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_table_of_the_national_database() -> None:
    content = national_table(
        ["DANH SÁCH THỦ TỤC HÀNH CHÍNH"],
        ["STT", "Mã TTHC", "Tên TTHC", "Lĩnh vực", "Cơ quan thực hiện", "Đối tượng thực hiện", "Căn cứ pháp lý",
         "Mức độ"],
        [1, "1.001193.000.00.00.H37", "Đăng ký khai sinh", "Hộ tịch", "Ủy ban Nhân dân xã",
         "Công dân Việt Nam;Doanh nghiệp", "60/2014/QH13;123/2015/NĐ-CP", "Toàn trình"],
        [2, "1.000110", "Tên khác", "hộ tịch", "Sở nào đó các tỉnh", None, None, None],
    )  # fmt: skip
    first, second = national.read(content, KNOWN, national_columns())
    assert first.code == "1.001193"
    assert first.values == {
        "name": "Đăng ký khai sinh", "sector": "ho-tich", "agencies": ["@communes"], "service_level": "full",
        "audiences": ["citizen", "enterprise"], "legal_basis": ["60/2014/QH13", "123/2015/NĐ-CP"],
    }  # fmt: skip
    assert second.values == {"name": "Tên khác", "sector": "ho-tich"}
    assert second.place_of(("name",)) == ("Sheet", 4)
    now = KNOWN.check(second.document(as_document(ALL[0])))
    assert now == ALL[0].model_copy(update={"name": "Tên khác"})


def test_unknown_columns_of_a_national_table_are_told() -> None:
    with pytest.raises(WrongFile, match="national-columns"):
        national.read(national_table(["Mã TTHC", "Tên TTHC", "Cột lạ"]), KNOWN, national_columns())
    with pytest.raises(WrongFile, match="hàng tiêu đề"):
        national.read(national_table(["Một", "Hai"]), KNOWN, national_columns())


def test_a_text_too_long_for_a_cell_is_told() -> None:
    long = ALL[0].model_copy(update={"name": "x" * 40_000})
    with pytest.raises(WrongFile, match="JSON Lines"):
        workbook.write([long], KNOWN)
    assert documents(json_lines.read(json_lines.write([long]))) == [long]


def with_dimension(content: bytes, dimension: str) -> bytes:
    """The workbook with its first sheet saying that it is so large."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                body = re.sub(rb"<dimension[^>]*/>", b"", body)
                body = body.replace(b"<sheetData", f'<dimension ref="{dimension}"/><sheetData'.encode(), 1)
            new.writestr(part, body)
    return target.getvalue()


@pytest.mark.parametrize("dimension", ["A1:A1", "A1:XFD1048576"])
def test_what_a_sheet_says_of_its_size_is_not_believed(dimension: str) -> None:
    some = ALL[:30]
    assert documents(workbook.read(with_dimension(workbook.write(some, KNOWN), dimension), KNOWN)) == some


def test_a_cell_at_the_far_end_is_refused_without_filling_the_memory() -> None:
    with pytest.raises(WrongFile, match="dòng"):
        workbook.read(changed(cell("Thủ tục", "A1048576", "1.000001")), KNOWN)


def test_fees_need_their_exemptions() -> None:
    with pytest.raises(WrongFile, match="Miễn giảm"):
        workbook.read(changed(sheet_without("Miễn giảm")), KNOWN)


@pytest.mark.parametrize("line", ['{"code": ' + "9" * 5000 + "}", '{"code": "\\ud800"}', '{"code": " "}', "NaN"])
def test_odd_lines_are_refused(line: str) -> None:
    with pytest.raises(WrongFile):
        json_lines.read(line.encode())


def test_a_code_that_comes_twice_is_told_and_spaces_do_not_count() -> None:
    content = json_lines.write(ALL[:1])
    with pytest.raises(WrongFile, match="hai lần"):
        json_lines.read(content + content)
    assert json_lines.read(content.replace(b'"1.000110"', b'"1.000110 "'))[0].code == "1.000110"


def test_a_workbook_without_sheets_of_cells_is_refused() -> None:
    book = Workbook()
    book.remove(book.active)
    book.create_chartsheet("Biểu đồ")
    target = io.BytesIO()
    book.save(target)
    for read in (lambda c: workbook.read(c, KNOWN), lambda c: national.read(c, KNOWN, national_columns())):
        with pytest.raises(WrongFile):
            read(target.getvalue())
