"""Reading the files in which gateways and banks list a day: CSV or XLSX, each with columns of its own names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openpyxl import load_workbook

from portal.base.errors import Invalid
from services_catalog.text import fold

# Names of columns by what they hold, folded. Ours first; the others are settings, because no provider publishes them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "key": ("ma tham chieu", "ma_tham_chieu", "vnp_txnref", "noi dung", "noi dung giao dich", "dien giai"),
    "provider_id": ("ma giao dich", "ma_giao_dich", "vnp_transactionno", "so but toan", "so giao dich"),
    "amount": ("so tien", "so_tien", "vnp_amount", "phat sinh co", "ghi co"),
    "state": ("trang thai", "trang_thai", "vnp_transactionstatus"),
}
_OUR_KEY = re.compile(r"LS[23456789ABCDEFGHJKMNPQRSTUVWXYZ]{14}")
_GOOD_STATES = {"", "00", "1", "thanh cong", "success", "paid"}
_MOST_ROWS, _MOST_BYTES = 200_000, 20_000_000
_HEAD_ROWS = 20


@dataclass(frozen=True)
class StatementRow:
    """Money that a gateway says came in. `key` is our reference, found anywhere in what the payer or the gateway wrote;
    without one it is the gateway's own number.
    """

    key: str
    provider_id: str
    amount_vnd: int


def read_statement(name: str, content: bytes, more: Mapping[str, str] | None = None) -> list[StatementRow]:
    """The rows of a file. `more`: names of columns in this file, by what they hold. Raises `Invalid` at "file"."""
    if len(content) > _MOST_BYTES:
        raise Invalid({"file": "Tệp quá lớn: hãy chia theo ngày."})
    rows = iter(_xlsx(content) if name.lower().endswith(".xlsx") else _csv(content))
    head = _head(rows, more or {})
    found = []
    for number, row in enumerate(rows, 2):
        if number > _MOST_ROWS:
            raise Invalid({"file": "Tệp có quá nhiều dòng: hãy chia theo ngày."})
        if one := _row(row, head, number):
            found.append(one)
    return found


def _head(rows: Iterable[Sequence[str]], more: Mapping[str, str]) -> dict[str, int]:
    """Where the columns are: in the first row that has a reference and an amount."""
    known = {kind: (fold(more.get(kind, "")).strip(), *names) for kind, names in COLUMNS.items()}
    for _, row in zip(range(_HEAD_ROWS), rows, strict=False):
        titles = [fold(cell).strip() for cell in row]
        places = {
            kind: next((titles.index(n) for n in names if n and n in titles), -1) for kind, names in known.items()
        }
        if places["key"] >= 0 and places["amount"] >= 0:
            return places
    raise Invalid({"file": "Không thấy cột mã tham chiếu (hoặc nội dung) và cột số tiền."})


def _row(row: Sequence[str], head: Mapping[str, int], number: int) -> StatementRow | None:
    def cell(kind: str) -> str:
        place = head[kind]
        return row[place].strip() if 0 <= place < len(row) else ""

    if not cell("key") and not cell("amount"):
        return None
    if fold(cell("state")).strip() not in _GOOD_STATES:
        return None
    amount = re.sub(r"[.,\s](?=\d{3}\b)|[đ\s]|VND", "", cell("amount"), flags=re.IGNORECASE).removesuffix(".0")
    if not (amount.isascii() and amount.isdecimal() and len(amount) <= 15):
        if not amount or amount == "-":
            return None
        raise Invalid({"file": f"Dòng {number}: số tiền “{cell('amount')[:30]}” không đọc được."})
    ours = _OUR_KEY.search(re.sub(r"\s", "", cell("key")).upper())
    key = ours[0] if ours else cell("provider_id") or cell("key")[:100]
    return StatementRow(key, cell("provider_id")[:100], int(amount))


def _csv(content: bytes) -> Iterable[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid({"file": "Tệp phải là CSV mã UTF-8, hoặc XLSX."}) from error
    beginning = "".join(text.splitlines(keepends=True)[:_HEAD_ROWS])
    return csv.reader(io.StringIO(text), delimiter=max("\t;,", key=beginning.count))


def _xlsx(content: bytes) -> Iterable[list[str]]:
    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield ["" if cell is None else str(cell) for cell in row]
    except Invalid:
        raise
    except Exception as error:
        raise Invalid({"file": "Không đọc được tệp XLSX này."}) from error
