"""The shipped data: complete, right, and free of what the source does not say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services_catalog.loader import DATA, Catalog, CatalogError, digest_of_data, load_catalog
from services_catalog.model import RequiredDocument

EVERYDAY = {
    "khai sinh": "1.001193", "kết hôn": "1.000894", "khai tử": "1.000656", "chứng thực": "2.000815",
    "thường trú": "1.004222", "căn cước": "1.014061", "hộ chiếu": "1.001456", "thông hành": "1.003133",
    "hộ kinh doanh": "1.001612", "giấy phép lái xe": "3.000348", "lý lịch tư pháp": "3.000333",
    "trợ giúp pháp lý": "2.000829", "quốc tịch": "2.002039", "hộ nghèo": "1.011607",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_there_are_1016_procedures(catalog: Catalog) -> None:
    assert len(catalog.procedures) == 1016


def test_everyday_life_is_in(catalog: Catalog) -> None:
    for words, code in EVERYDAY.items():
        assert words in catalog.procedures[code].name.lower()


def test_nothing_of_the_sea_or_the_army_is_in(catalog: Catalog) -> None:
    names = " ".join(p.name for p in catalog.procedures.values())
    for word in ("tàu cá", "hải sản", "cảng biển", "quân dụng", "nghĩa vụ quân sự", "hải đảo"):
        assert word not in names.lower()


def test_the_province_is_whole(catalog: Catalog) -> None:
    assert len(catalog.places) == 65
    assert sum(place.kind == "ward" for place in catalog.places) == 4
    assert len(catalog.former_places) == 211
    old = {place.code for place in catalog.former_places}
    assert all(set(place.merged_from) <= old for place in catalog.places)


def test_no_unknown_value_was_made_up(catalog: Catalog) -> None:
    birth = catalog.procedures["1.001193"]
    assert birth.time_limits == ()  # the source printed a bare "1"
    assert birth.fees == ()  # the source printed a bare "Miễn phí"
    assert all(fee.amount_vnd >= 1000 for p in catalog.procedures.values() for fee in p.fees)


def test_codes_are_marked_as_placeholders(catalog: Catalog) -> None:
    assert catalog.codes.placeholder
    assert len(set(catalog.codes.codes.values())) == len(catalog.codes.codes)


def test_names_carry_no_list_marks(catalog: Catalog) -> None:
    documents: list[RequiredDocument] = [d for p in catalog.procedures.values() for d in p.documents]
    assert not [d.name for d in documents if d.name[:2] in ("- ", "+ ", "a)", "b)") or d.name.endswith((";", ":"))]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small catalogue of one procedure that may be spoilt."""
    target = tmp_path / "data"
    shutil.copytree(DATA, target, ignore=shutil.ignore_patterns("procedures"))
    for code in ("1.001193", "1.000894"):
        source = next((DATA / "procedures" / "ho-tich").glob(f"{code}-*"))
        shutil.copytree(source, target / "procedures" / "ho-tich" / source.name)
    (target / "synonyms.yml").write_text('{phrases: [], procedures: [{code: "1.001193"}]}', "utf-8")
    (target / "names.yml").write_text("[]", "utf-8")
    (target / "life-events.yml").write_text('[{key: x, name: X, codes: ["1.001193"]}]', "utf-8")
    return target


def birth_file(copy: Path) -> Path:
    return next(copy.glob("procedures/ho-tich/1.001193-*/*.yml"))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("ministry:", "minstry:", "minstry"),
        ('code: "1.001193"', 'code: "1.11"', "code"),
        ("sector: ho-tich", "sector: ho-tch", "sector"),
        ("form: birth-registration", "form: birth", "form"),
        ("- '@communes'", "- so-khong-co", "agencies.0"),
        ("  originals: 1", "  originals: nhiều", "documents.0.originals"),
        ("- online", "- onlin", "channels.0"),
    ],
)
def test_a_mistake_names_file_line_and_field(copy: Path, old: str, new: str, field: str) -> None:
    path = birth_file(copy)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(copy)
    mistake = next(m for m in caught.value.mistakes if m.field == field)
    assert mistake.file == str(path.relative_to(copy))
    line = path.read_text("utf-8").splitlines()[mistake.line - 1]
    assert new.split(":")[0].strip("- ") in line or field in line


def test_all_mistakes_are_told_at_once(copy: Path) -> None:
    path = birth_file(copy)
    path.write_text(path.read_text("utf-8").replace("ministry:", "minstry:").replace("- online", "- onlin"), "utf-8")
    (copy / "sectors.yml").write_text("a: [", "utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(copy)
    assert {"minstry", "ministry", "channels.0", "-"} <= {m.field for m in caught.value.mistakes}


def test_a_wrong_file_name_and_a_double_are_mistakes(copy: Path) -> None:
    path = birth_file(copy)
    path.with_name("mai.yml").write_bytes(path.read_bytes())
    with pytest.raises(CatalogError, match="ngày có hiệu lực"):
        load_catalog(copy)
    path.with_name("mai.yml").unlink()
    other = copy / "procedures" / "ho-tich" / "twice"
    shutil.copytree(path.parent, other)
    with pytest.raises(CatalogError, match="đã có ở"):
        load_catalog(copy)


def test_the_digest_sees_every_change(copy: Path) -> None:
    before = digest_of_data(copy)
    path = birth_file(copy)
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert digest_of_data(copy) != before


def test_workflow_hours_must_add_up(copy: Path) -> None:
    path = copy / "workflows" / "same-day-civil-status.yml"
    path.write_text(path.read_text("utf-8").replace("promised_hours: 8", "promised_hours: 9"), "utf-8")
    with pytest.raises(CatalogError, match="Tổng giờ của các bước"):
        load_catalog(copy)
