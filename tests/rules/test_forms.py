"""Every one of the forms: takes right answers, refuses each broken one at its place, keeps and gives them back."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_catalog.answers import check_form, steps_that_apply, typed_answers
from services_catalog.fields import KINDS, show_answer
from services_catalog.form import Form
from services_catalog.library import as_document
from services_catalog.loader import Catalog, library, load_catalog
from services_catalog.model import COMPOSED
from services_catalog.number_words import day_in_words, in_words, money_in_words
from tests.support.form_answers import right_answers, wrong_answers

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def forms(catalog: Catalog) -> dict[str, Form]:
    """The form of each of the 1,016 procedures."""
    found = {code: catalog.form_of(procedure) for code, procedure in catalog.procedures.items()}
    assert len(found) == 1016
    return {code: form for code, form in found.items() if form is not None}


def distinct(forms: dict[str, Form]) -> list[Form]:
    """Forms of the same content once."""
    return list({json.dumps(as_document(form), sort_keys=True): form for form in forms.values()}.values())


def test_every_procedure_has_a_form(catalog: Catalog, forms: dict[str, Form]) -> None:
    assert len(forms) == 1016
    own = {procedure.form for procedure in catalog.procedures.values()} - {COMPOSED}
    assert own == set(catalog.forms), "a form that no procedure uses, or the other way round"
    assert len(own) >= 40


def test_right_answers_are_taken_and_come_back(forms: dict[str, Form]) -> None:
    for number, form in enumerate(forms.values()):
        typed = right_answers(form, TODAY, random.Random(number))
        checked = check_form(form, typed, TODAY)
        assert checked.errors == {}, (form.title, typed)
        assert json.loads(json.dumps(checked.values)) == checked.values
        again = check_form(form, typed_answers(form, checked.values), TODAY)
        assert again == checked, form.title
        for question in form.questions():
            if question.name in checked.values:
                assert isinstance(show_answer(question, checked.values[question.name]), str)


def test_each_broken_answer_is_refused_at_its_place(forms: dict[str, Form]) -> None:
    broken = 0
    for number, form in enumerate(distinct(forms)):
        typed = right_answers(form, TODAY, random.Random(number))
        values = check_form(form, typed, TODAY).values
        for step, name, text in wrong_answers(form, typed, values):
            errors = check_form(form, {**typed, name: text}, TODAY).errors
            assert name in errors.get(step, {}), (form.title, step, name, text, errors)
            assert errors[step][name].endswith("."), errors[step][name]
            broken += 1
    assert broken > 3000


def test_an_empty_form_says_where_it_begins(forms: dict[str, Form]) -> None:
    for form in distinct(forms):
        errors = check_form(form, {}, TODAY).errors
        assert next(iter(errors)) == form.steps[0].key
        assert "requester_name" in {name for wrong in errors.values() for name in wrong}


@settings(max_examples=300, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_no_text_breaks_a_form(data: st.DataObject, seed: int) -> None:
    forms = list(library().forms.values())
    form = data.draw(st.sampled_from(forms))
    typed = right_answers(form, TODAY, random.Random(seed))
    name = data.draw(st.sampled_from(sorted(typed)))
    typed[name] = data.draw(st.text(max_size=40))
    checked = check_form(form, typed, TODAY)
    again = check_form(form, typed_answers(form, checked.values), TODAY)
    assert {name: value for name, value in checked.values.items() if again.values.get(name) != value} == {}


def test_what_does_not_apply_is_neither_asked_nor_kept(catalog: Catalog) -> None:
    form = catalog.forms["household-business"]
    alone = {"founded_by": "one", "members__0__name": "Nguyễn Văn A"}
    checked = check_form(form, alone, TODAY)
    assert "members" not in checked.values
    assert not any(name.startswith("members") for name in checked.errors["owner"])
    family = check_form(form, {"founded_by": "family"}, TODAY)
    assert "members__0__name" in family.errors["owner"]
    vehicle = catalog.forms["vehicle-registration"]
    assert "former" not in [step.key for step in steps_that_apply(vehicle, {"vehicle_request": "first"})]
    assert "former" in [step.key for step in steps_that_apply(vehicle, {"vehicle_request": "transfer"})]


def test_a_form_is_composed_by_the_words_and_not_by_their_bare_letters(catalog: Catalog) -> None:
    form = catalog.form_of(catalog.procedures["1.002010"])
    assert form is not None
    assert "ending" not in [step.key for step in form.steps], "“hoạt động của” is not “đóng cửa”"


def test_a_foreigner_needs_no_personal_number(catalog: Catalog) -> None:
    form = catalog.forms["marriage-registration"]
    passport = {"requester_paper_kind": "passport", "requester_passport": "E123", "wife_paper_kind": "passport",
                "wife_passport": "E123"}  # fmt: skip
    errors = check_form(form, passport, TODAY).errors
    wrong = {name for said in errors.values() for name in said}
    assert not wrong & {"requester_citizen_id", "wife_citizen_id", "requester_passport", "wife_passport"}
    assert "husband_citizen_id" in wrong


def test_values_are_computed(catalog: Catalog) -> None:
    form = catalog.forms["household-business"]
    typed = {
        "business_capital": "150.000.000", "founded_by": "family",
        "members__0__name": "Nguyễn Văn A", "members__0__contribution": "100000000",
        "members__1__name": "Nguyễn Thị B", "members__1__contribution": "50.000.000",
    }  # fmt: skip
    values = check_form(form, typed, TODAY).values
    assert values["business_capital_words"] == "Một trăm năm mươi triệu đồng"
    for n, more in ((0, "020090001234"), (1, "020190001234")):
        typed |= {f"members__{n}__citizen_id": more, f"members__{n}__born_on": "1/2/1990", f"members__{n}__sex": "male"}
    assert check_form(form, typed, TODAY).values["members_capital"] == "150.000.000"


def test_rows_are_added_and_taken_out() -> None:
    question = next(q for q in library().forms["household-business"].questions() if q.name == "business_lines")
    rows = KINDS["rows"]
    typed = {"business_lines__0__name": "Một", "business_lines__1__name": "Hai", "other": "x"}
    more = rows.change(question, typed, "add")  # type: ignore[attr-defined]
    assert rows.count(question, more) == 3  # type: ignore[attr-defined]
    less = rows.change(question, more, "remove", 0)  # type: ignore[attr-defined]
    assert less["business_lines__0__name"] == "Hai"
    assert less["other"] == "x"
    assert rows.count(question, less) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"), (5, "năm"), (10, "mười"), (14, "mười bốn"), (15, "mười lăm"), (21, "hai mươi mốt"),
        (24, "hai mươi tư"), (105, "một trăm linh năm"), (1000, "một nghìn"),
        (2026, "hai nghìn không trăm hai mươi sáu"),
        (1_000_005, "một triệu không trăm linh năm"), (2_500_000_000, "hai tỷ năm trăm triệu"),
    ],
)  # fmt: skip
def test_numbers_in_words(number: int, words: str) -> None:
    assert in_words(number) == words


@given(st.integers(0, 10**15))
def test_every_amount_has_words_of_its_own(amount: int) -> None:
    words = money_in_words(amount)
    assert words.endswith(" đồng")
    assert "  " not in words
    assert words != money_in_words(amount + 1)


def test_days_in_words() -> None:
    assert day_in_words(date(2026, 4, 5)) == "Ngày mùng năm, tháng tư, năm hai nghìn không trăm hai mươi sáu"
    assert (
        day_in_words(date(2026, 11, 25)) == "Ngày hai mươi lăm, tháng mười một, năm hai nghìn không trăm hai mươi sáu"
    )
