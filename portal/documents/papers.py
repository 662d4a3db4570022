"""Papers as PDF, from Typst templates. Data reaches a template as JSON, never as Typst code."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import fontpkg_ibm_plex_serif
import segno
import typst

TEMPLATES = Path(__file__).parent / "templates"


def render(paper: str, data: dict[str, Any]) -> bytes:
    """The PDF of the template `paper` with `data`; `data["lookup_url"]` becomes its QR code."""
    inputs = {"data": json.dumps({**data, "qr": _qr(data["lookup_url"])}, ensure_ascii=False)}
    compiled = typst.compile(
        TEMPLATES / f"{paper}.typ",
        root=TEMPLATES,
        font_paths=[_fonts()],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="a-2b",
        sys_inputs=inputs,
    )
    if not isinstance(compiled, bytes):
        raise TypeError("typst gave several outputs for one PDF")
    return compiled


def _qr(text: str) -> list[str]:
    """The QR code of `text` as rows of "0" and "1"."""
    return ["".join("1" if cell else "0" for cell in row) for row in segno.make(text, error="m").matrix]


@cache
def _fonts() -> Path:
    return Path(fontpkg_ibm_plex_serif.__file__).parent / "files"
