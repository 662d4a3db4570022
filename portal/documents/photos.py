"""Photos of papers: turned upright, made small, put together into one PDF."""

from __future__ import annotations

import io
import warnings

import img2pdf
import pillow_heif
from PIL import Image

from portal.base.errors import Refusal

# An A4 page at about 200 dots an inch: small print stays readable, a page is some hundred kilobytes.
LONGEST_SIDE = 2340
_QUALITY = 80
_STAMP_SIDE = 600
_MOST_PIXELS = 50_000_000

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = _MOST_PIXELS


def upright(content: bytes) -> bytes:
    """The photo as a JPEG without its metadata (a place, a device), upright, not larger than a page needs.

    Raises `Refusal` where it cannot be read or is absurdly large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as opened:
                opened.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))  # a JPEG is read smaller at once
                orientation = _turn(opened)
                image = _eight_bits(opened) if opened.mode.startswith("I") else opened
                image = image if image.mode in ("RGB", "L") else image.convert("RGBA")
                image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before copies of it are made
                image = _on_white(image.transpose(orientation) if orientation else image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refusal("file_kind", "Ảnh có quá nhiều điểm ảnh. Hãy chụp lại ở cỡ thường.") from error
    except Exception as error:  # whatever the many formats can do to their readers
        raise Refusal("file_kind", "Ảnh hỏng, không mở được. Hãy chụp lại hoặc chọn tệp khác.") from error
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def as_png(content: bytes) -> bytes:
    """A picture of a signature or a seal as a PNG of a modest size that keeps what is transparent. Raises `Refusal`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
                image = opened.convert("RGBA")
                image.thumbnail((_STAMP_SIDE, _STAMP_SIDE))
    except Exception as error:
        raise Refusal("file_kind", "Hãy chọn ảnh PNG nền trong.") from error
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How to turn it so that it stands upright; None where it does, or does not say in a way that can be read."""
    try:
        return _TURNS.get(int(image.getexif().get(_ORIENTATION, 1)))
    except Exception:
        return None


_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def one_pdf(photos: list[bytes]) -> bytes:
    """The photos (JPEG, of `upright`) as the pages of one PDF of A4, as they are."""
    a4 = (img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297))
    layout = img2pdf.get_layout_fun(a4, auto_orient=True)
    made = img2pdf.convert(photos, layout_fun=layout, creationdate=None, nodate=True)
    if made is None:
        raise TypeError("img2pdf wrote nothing")
    return bytes(made)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Of a scan with 16 bits of grey, the upper eight: a plain conversion would make nearly all of it white."""
    return image.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    """In plain colours; what was transparent is white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
