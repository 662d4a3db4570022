"""One procedure a line, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from services_catalog.exchange.entries import Entry, RowMistake, WrongFile
from services_catalog.library import as_document
from services_catalog.model import Procedure
from services_catalog.text import nfc


def write(procedures: Iterable[Procedure]) -> bytes:
    """The procedures in their order; values that are absent or the default are left out."""
    lines = (json.dumps(as_document(procedure), ensure_ascii=False) for procedure in procedures)
    return "".join(line + "\n" for line in lines).encode()


def read(content: bytes) -> list[Entry]:
    """What the file says; a field that is absent is empty. Raises `WrongFile`."""
    entries: dict[str, Entry] = {}
    mistakes = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongFile([RowMistake("", 0, "", "Tệp không phải chữ UTF-8.")]) from None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):  # also a number longer than Python reads
            mistakes.append(RowMistake("", number, "", "Không phải JSON."))
            continue
        code = nfc(values["code"]) if isinstance(values, dict) and isinstance(values.get("code"), str) else ""
        if not code:
            mistakes.append(RowMistake("", number, "code", "Mỗi dòng phải là một thủ tục có mã (code)."))
        elif code in entries:
            mistakes.append(RowMistake("", number, "code", f"Mã {code} có hai lần."))
        else:
            entries[code] = Entry(code, values, {(): ("", number)}, is_whole=True)
    if mistakes:
        raise WrongFile(mistakes)
    return list(entries.values())
