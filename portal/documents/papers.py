"""Papers as PDF, from Typst templates. Data reaches a template as JSON, never as Typst code."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import fontpkg_ibm_plex_serif
import segno
import typst

TEMPLATES = Path(__file__).parent / "templates"
_MASK = 3


# PDF/A-2a: to be kept, tagged for those who listen to it, and searchable.
_STANDARD: Literal["a-2a"] = "a-2a"
_PERSON = "<person>"


@dataclass(frozen=True)
class Anchor:
    """Where the template wants the signature of a person: a strip on a page (from 0), in points from its top left."""

    page: int
    left: float
    top: float
    width: float


def render(paper: str, data: dict[str, Any]) -> bytes:
    """The PDF of the template `paper` with `data`; `data["lookup_url"]` becomes its QR code.

    `data["sources"]`: templates in place of those that come with the portal, by their keys.
    """
    return _compile(_template(paper, data), _inputs(data), _STANDARD)


def render_to_sign(paper: str, data: dict[str, Any]) -> tuple[bytes, Anchor | None]:
    """`render`, and where the signature belongs; None where the template has no place for one."""
    path, inputs = _template(paper, data), _inputs(data)
    pdf = _compile(path, inputs, _STANDARD)
    said = typst.query(path, _PERSON, root=TEMPLATES, font_paths=_fonts(), sys_inputs=inputs)  # type: ignore[type-var]
    found = json.loads(said)
    places = [one["value"] for one in found]
    return pdf, Anchor(**places[-1]) if places else None


def render_stamp(*, name: str, at: str, color: str, look: str, width: float, height: float, picture: bytes) -> bytes:
    """How a signature looks ("hand", "seal", "copy"), as a page of that size. Points; `picture` (PNG) may be empty."""
    data = {"name": name, "at": at, "color": color, "look": look, "width": width, "height": height,
            "picture": list(picture)}  # fmt: skip
    return _compile(TEMPLATES / "stamp.typ", {"data": json.dumps(data, ensure_ascii=False)}, "1.7")


def _template(paper: str, data: dict[str, Any]) -> Path | bytes:
    source: str | None = data.get("sources", {}).get(paper)
    return source.encode() if source else TEMPLATES / f"{paper}.typ"


def _inputs(data: dict[str, Any]) -> dict[str, str]:
    said = {name: value for name, value in data.items() if name != "sources"}
    return {"data": json.dumps({**said, "qr": _qr(data["lookup_url"])}, ensure_ascii=False)}


def _compile(path: Path | bytes, inputs: dict[str, str], standard: Literal["a-2a", "1.7"]) -> bytes:
    compiled = typst.compile(  # type: ignore[call-overload]
        path, root=TEMPLATES, font_paths=_fonts(), format="pdf", pdf_standards=standard, sys_inputs=inputs
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
