"""PDF files that people hand in: can they be opened? And several of them in one."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pikepdf

from portal.base.errors import Refusal


def pages_of(content: bytes) -> int:
    """How many pages it has. Raises `Refusal` where nobody could read it: broken, locked, or empty."""
    try:
        with pikepdf.open(io.BytesIO(content)) as opened:
            pages = len(opened.pages)
    except pikepdf.PasswordError as error:
        raise Refusal("file_locked", "Tệp PDF có mật khẩu. Hãy bỏ mật khẩu rồi tải lên lại.") from error
    except pikepdf.PdfError as error:
        raise Refusal("file_kind", "Tệp PDF hỏng. Hãy mở thử trên máy rồi tải lên lại.") from error
    if not pages:
        raise Refusal("empty_file", "Tệp PDF không có trang nào. Hãy chọn lại tệp.")
    return pages


def joined(papers: Sequence[bytes]) -> bytes:
    """Several PDFs one after the other in one, for printing."""
    target = io.BytesIO()
    with pikepdf.new() as whole:
        for paper in papers:
            with pikepdf.open(io.BytesIO(paper)) as part:
                whole.pages.extend(part.pages)
        whole.save(target)
    return target.getvalue()
