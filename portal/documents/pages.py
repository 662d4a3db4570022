"""Pages of papers as pictures, so that staff read them in the page whatever their browser can show."""

from __future__ import annotations

import io
import threading

import pypdfium2
from PIL import Image

from portal.base.errors import NotFound, Refusal
from portal.documents.uploads import PDF

WIDTHS = (240, 900, 1800)
# pdfium may be used by one thread at a time.
_one_at_a_time = threading.Lock()


def page_picture(content: bytes, media_type: str, number: int, width: int) -> bytes:
    """Page `number` (from 1) as PNG of one of `WIDTHS` pixels. Raises `NotFound`, `Refusal`."""
    width = min(WIDTHS, key=lambda known: abs(known - width))
    picture = _of_pdf(content, number, width) if media_type == PDF else _of_photo(content, number, width)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def _of_pdf(content: bytes, number: int, width: int) -> Image.Image:
    with _one_at_a_time:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            raise _unreadable() from error
        try:
            if not 1 <= number <= len(document):
                raise NotFound("Giấy tờ không có trang này.")
            page = document[number - 1]
            # A drawing that is very long is made narrower instead of filling the memory.
            scale = min(width / max(page.get_width(), 1), 4 * width / max(page.get_height(), 1))
            picture: Image.Image = page.render(scale=scale).to_pil()
            return picture
        except pypdfium2.PdfiumError as error:
            raise _unreadable() from error
        finally:
            document.close()


def _unreadable() -> Refusal:
    return Refusal("unreadable", "Không vẽ được trang này thành ảnh. Hãy mở tệp gốc để xem.")


def _of_photo(content: bytes, number: int, width: int) -> Image.Image:
    if number != 1:
        raise NotFound("Giấy tờ không có trang này.")
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((width, 4 * width))
    return picture
