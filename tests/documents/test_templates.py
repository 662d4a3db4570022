"""Templates: each is set with made-up data as it should look, and an agency may have its own."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from portal.base.errors import Invalid
from portal.documents import templates
from portal.documents.example import example_of
from portal.documents.papers import TEMPLATES, render, render_to_sign
from portal.runtime import demo
from tests.support.desk import Desk

EXPECTED = Path(__file__).parent / "looks"
PAPERS = sorted(path.stem for path in TEMPLATES.glob("*.typ") if path.stem not in ("base", "stamp"))
_WIDTH = 420


def look(paper: str) -> Image.Image:
    """The first page, small and grey: enough to see what has moved."""
    page = pypdfium2.PdfDocument(render(paper, example_of(paper)))[0]
    return page.render(scale=_WIDTH / page.get_width()).to_pil().convert("L")


@pytest.mark.parametrize("paper", PAPERS)
def test_it_looks_as_it_should(paper: str, request: pytest.FixtureRequest) -> None:
    """To accept a new look: delete its picture, run this once, and look at what it has written."""
    path, found = EXPECTED / f"{paper}.png", look(paper)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        found.quantize(8).save(path, optimize=True)
        pytest.fail(f"{path.name} was written: look at it")
    with Image.open(path) as kept:
        expected = kept.convert("L")
    assert found.size == expected.size
    moved = ImageChops.difference(found, expected).point(lambda grey: 255 if grey > 90 else 0)
    assert moved.histogram()[255] < 0.002 * found.width * found.height


@pytest.mark.parametrize("paper", PAPERS)
def test_every_letter_is_in_the_fonts(paper: str) -> None:
    data = example_of(paper)
    letters = "ẤẦẨẪẬắằẳẵặẾỀỂỄỆịỊọỌỘỚỜỞỠỢỨỪỬỮỰỲỴỶỸđĐ"
    document = pypdfium2.PdfDocument(render(paper, {**data, "agency": letters, "procedure": letters, "owner": letters}))
    text = "".join(document[at].get_textpage().get_text_range() for at in range(len(document)))
    assert "Ậ" in text
    assert "\ufffd" not in text
    assert {c for c in letters.upper() if c not in text.upper()} == set()


def test_what_is_signed_has_a_place_for_it() -> None:
    for paper in ("decision", "birth-certificate", "apology"):
        _, anchor = render_to_sign(paper, example_of(paper))
        assert anchor is not None
        assert anchor.page == 0
        assert anchor.width > 150


def test_an_agency_has_its_own_the_province_stands_in(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        assert templates.sources_for(session, demo.AGENCY) == {}
        mine = templates.standard("decision").replace("Kính gửi", "Thân gửi")
        templates.save(session, None, "decision", mine.replace("Thân", "Trân trọng"), None, desk.now)
        assert "Trân trọng gửi" in templates.sources_for(session, demo.AGENCY)["decision"]
        templates.save(session, demo.AGENCY, "decision", mine, None, desk.now)
        assert "Thân gửi" in templates.sources_for(session, demo.AGENCY)["decision"]
        assert "Trân trọng gửi" in templates.sources_for(session, "so-noi-vu")["decision"]
        templates.save(session, demo.AGENCY, "decision", mine + "\nThêm.", None, desk.now)
        templates.retire(session, demo.AGENCY, "decision", desk.now)
        assert "Trân trọng gửi" in templates.sources_for(session, demo.AGENCY)["decision"]
        sources = templates.sources_for(session, demo.AGENCY)
    text = pypdfium2.PdfDocument(io.BytesIO(render("decision", {**example_of("decision"), "sources": sources})))[0]
    assert "Trân trọng gửi" in text.get_textpage().get_text_range()


@pytest.mark.parametrize("source", ["#let x =", '#read("/../../config.py")', '#import "@preview/x:1.0.0": *',
                                    "#while true {}", "#data.khong_co", "x" * 60_000])  # fmt: skip
def test_what_cannot_be_set_is_not_kept(desk: Desk, source: str) -> None:
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid) as invalid:
            templates.save(session, None, "decision", source, None, desk.now)
        assert set(invalid.value.errors) == {"source"}
        assert templates.in_use(session, None) == []
