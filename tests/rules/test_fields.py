"""Each kind of field: what it takes, what it refuses, what it shows."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_catalog.answers import check_form, check_step, first_incomplete_step
from services_catalog.fields import KINDS, FieldError, clean_answer, show_answer
from services_catalog.form import FormField
from services_catalog.loader import library
from tests.support.answers import BIRTH, flat

TODAY = date(2026, 3, 10)


def field(kind: str, **more: object) -> FormField:
    return FormField.model_validate({"name": "x", "label": "Mục thử", "kind": kind, **more})


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("full_name", "  nguyễn   văn a ", "Nguyễn Văn A"),
        ("full_name", "NGUYỄN VĂN A", "Nguyễn Văn A"),
        ("full_name", "Jean-Paul O'Brien", "Jean-Paul O'Brien"),
        ("full_name", "H'Bia Niê", "H'Bia Niê"),
        ("full_name", "ß", "ß"),
        ("citizen_id", "020 090 001234", "020090001234"),
        ("phone", "0912 345 678", "+84912345678"),
        ("phone", "+84 912345678", "+84912345678"),
        ("date", "5/3/2026", "2026-03-05"),
        ("date", "05-03-2026", "2026-03-05"),
        ("date", "2026-03-05", "2026-03-05"),
        ("partial_date", "1950", "1950"),
        ("partial_date", "3/1950", "1950-03"),
        ("partial_date", "2/3/1950", "1950-03-02"),
        ("tax_code", "0100109106", "0100109106"),
        ("tax_code", "0100109106-001", "0100109106-001"),
        ("tax_code", "020090001234", "020090001234"),
        ("email", "A@Vidu.VN", "A@vidu.vn"),
        ("money", "150.000.000 đồng", 150_000_000),
        ("money", "0", 0),
        ("area", "1.250,50", "1250.5"),
        ("area", "125.5", "125.5"),
        ("nationality", "trung quoc", "Trung Quốc"),
        ("nationality", "Việt Nam, Mỹ", "Việt Nam, Hoa Kỳ"),
        ("plate", "12a 12345", "12A-123.45"),
        ("plate", "12-B1 123.45", "12B1-123.45"),
        ("plate", "12-B1 1234", "12B1-1234"),
        ("business_line", "47 11", "4711"),
        ("sex", "female", "female"),
        ("capital_name", "Hồi Xứ Lạng", "HỒI XỨ LẠNG"),
        ("year", "1995", 1995),
        ("number", "3", 3),
        ("ethnicity", "tay", "Tày"),
        ("ethnicity", "Nùng", "Nùng"),
        ("declaration", "1", True),
        ("long_text", "Dòng một\r\n  dòng   hai ", "Dòng một\ndòng hai"),
    ],
)
def test_good_answers_are_kept_in_one_form(kind: str, typed: str, kept: object) -> None:
    assert clean_answer(field(kind), typed, TODAY) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("full_name", "Nguyễn Văn 4"),
        ("full_name", "<b>A</b>"),
        ("citizen_id", "12345"),
        ("citizen_id", "999090001234"),  # there is no place 999
        ("citizen_id", "020290001234"),  # born in 2090
        ("phone", "0121234567"),
        ("phone", "12"),
        ("phone", "abc"),
        ("date", "31/02/2026"),
        ("date", "2026-13-05"),
        ("date", "01/01/1849"),
        ("partial_date", "13/2020"),
        ("partial_date", "0000"),
        ("tax_code", "0100109107"),
        ("email", "a@"),
        ("money", "12,5"),
        ("money", "-1"),
        ("area", "0"),
        ("area", "1,234"),
        ("nationality", "Gondor"),
        ("plate", "1A-123"),
        ("business_line", "0001"),
        ("sex", "x"),
        ("year", "26"),
        ("year", "2027"),
        ("number", "--1"),
        ("number", "1.5"),
        ("choice", "other"),
        ("ethnicity", "Elf"),
        ("text", ""),
        ("declaration", ""),
        ("text", "x" * 501),
    ],
)
def test_wrong_answers_are_refused_in_words(kind: str, typed: str) -> None:
    with pytest.raises(FieldError, match=r"\w{2,}.*\.$"):
        clean_answer(field(kind, options={"a": "Một"}), typed, TODAY)


def test_a_day_to_come_is_refused_where_it_must_be_past() -> None:
    with pytest.raises(FieldError):
        clean_answer(field("date", past=True), "11/03/2026", TODAY)
    assert clean_answer(field("date"), "11/03/2026", TODAY) == "2026-03-11"


def test_numbers_keep_to_their_limits() -> None:
    limited = field("number", minimum=1, maximum=3)
    assert clean_answer(limited, "3", TODAY) == 3
    for typed in ("0", "4"):
        with pytest.raises(FieldError):
            clean_answer(limited, typed, TODAY)


_PLAIN = sorted(set(KINDS) - {"rows", "computed", "file"})


@pytest.mark.parametrize("kind", _PLAIN)
@given(typed=st.text(max_size=60))
def test_no_input_breaks_a_field(kind: str, typed: str) -> None:
    try:
        value = clean_answer(field(kind, options={"a": "Một"}), typed, TODAY)
    except FieldError:
        return
    assert isinstance(show_answer(field(kind, options={"a": "Một"}), value), str)


@given(st.dates(date(1900, 1, 1), TODAY))
def test_a_date_is_shown_as_it_may_be_typed(day: date) -> None:
    shown = show_answer(field("date"), day.isoformat())
    assert clean_answer(field("date"), shown, TODAY) == day.isoformat()


def test_an_optional_step_may_be_empty_but_not_half_filled() -> None:
    mother = next(step for step in library().forms["birth-registration"].steps if step.key == "mother")
    assert check_step(mother, {}, TODAY) == ({}, {})
    _, errors = check_step(mother, {"mother_name": "Nguyễn Thị B"}, TODAY)
    wrong = {"mother_birth_year", "mother_ethnicity", "mother_nationality", "mother_residence__commune"}
    assert set(errors) == wrong


def test_a_complete_form_has_no_incomplete_step() -> None:
    form = library().forms["birth-registration"]
    answers = check_form(form, flat(BIRTH), TODAY).values
    assert first_incomplete_step(form, answers, TODAY) is None
    for step in form.steps:
        if BIRTH[step.key] and not step.optional:
            own = {question.name for question in step.fields}
            without = {name: value for name, value in answers.items() if name not in own}
            assert first_incomplete_step(form, without, TODAY) == step
