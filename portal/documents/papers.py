"""Papers as PDF, from Typst templates. Data reaches a template as JSON, never as Typst code."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import fontpkg_ibm_plex_serif
import segno
import typst

TEMPLATES = Path(__file__).parent / "templates"
_MASK = 3


def render(paper: str, data: dict[str, Any]) -> bytes:
    """The PDF of the template `paper` with `data`; `data["lookup_url"]` becomes its QR code."""
    inputs = {"data": json.dumps({**data, "qr": _qr(data["lookup_url"])}, ensure_ascii=False)}
    compiled = typst.compile(
        TEMPLATES / f"{paper}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        format="pdf",
        pdf_standards="a-2b",
        sys_inputs=inputs,
    )
    if not isinstance(compiled, bytes):
        raise TypeError("typst gave several outputs for one PDF")
    return compiled


def _qr(text: str) -> str:
    """The QR code of `text` as SVG. One mask for all: trying the eight of them takes longer than the whole paper."""
    image = io.BytesIO()
    segno.make(text, error="m", mask=_MASK).save(image, kind="svg", border=0, xmldecl=False)
    return image.getvalue().decode()


@cache
def _fonts() -> typst.Fonts:
    """The fonts of papers, read once in a process; those of the machine are not looked at."""
    folder = Path(fontpkg_ibm_plex_serif.__file__).parent / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
