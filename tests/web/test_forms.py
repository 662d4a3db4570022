"""The pages of every form, through the front door."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services_catalog.answers import check_form, check_step
from services_catalog.conditions import holds
from services_catalog.fields import KINDS, input_names, inputs_of
from services_catalog.form import Form
from services_catalog.library import as_document
from services_catalog.loader import load_catalog
from tests.support.desk import Desk
from tests.support.form_answers import right_answers, wrong_answers
from tests.support.visitor import Page, read_page

TODAY = date(2026, 11, 25)


def forms() -> dict[str, Form]:
    """One procedure for each form of another content, by code; together they are the forms of all 1,016."""
    catalog = load_catalog()
    found: dict[str, tuple[str, Form]] = {}
    for code, procedure in catalog.procedures.items():
        form = catalog.form_of(procedure)
        assert form is not None
        found.setdefault(json.dumps(as_document(form), sort_keys=True), (code, form))
    return dict(found.values())


FORMS = forms()


def begin(client: FlaskClient, code: str) -> str:
    agency = client.get(f"/api/v1/procedures/{code}").json["agencies"][0]["key"]
    answer = client.post(f"/thu-tuc/{code}/nop-ho-so", data={"agency": agency})
    assert answer.status_code == 302, (code, answer.status_code)
    return answer.location.split("/")[2]


# A quarter of the forms each time; the others by `make test-long`.
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in (1, 2, 3))])
def test_every_form_renders_takes_right_answers_and_is_read_once_more(citizen: FlaskClient, part: int) -> None:
    for number, (code, form) in enumerate(list(FORMS.items())[part::4]):
        draft = begin(citizen, code)
        typed = right_answers(form, TODAY, random.Random(number))
        known: dict[str, object] = {}
        for step in form.steps:
            if not holds(step.when, known):
                continue
            address = f"/ho-so-nhap/{draft}/to-khai/{step.key}"
            shown = citizen.get(address)
            assert shown.status_code == 200, address
            read_page(Page(address, 200, dict(shown.headers), shown.data))
            data = {n: typed[n] for q in step.fields for n in [*input_names(q, typed), f"{q.name}__rows"] if n in typed}
            several = {q.name for q in step.fields if q.kind == "choices"}
            sent = {n: text.split(",") if n in several else text for n, text in data.items()}
            answer = citizen.post(address, data=sent)
            known |= check_step(step, data, TODAY, known)[0]
            assert answer.status_code == 302, (code, step.key, data)
        review = citizen.get(f"/ho-so-nhap/{draft}/xem-lai")
        assert review.status_code == 200
        assert "chưa điền hoặc chưa đúng" not in review.text, code


def test_a_broken_answer_comes_back_at_its_input(citizen: FlaskClient) -> None:
    chance = random.Random(7)
    for code, form in chance.sample(list(FORMS.items()), 12):
        draft = begin(citizen, code)
        typed = right_answers(form, TODAY, chance)
        values = check_form(form, typed, TODAY).values
        for key, name, text in chance.sample(list(wrong_answers(form, typed, values)), 4):
            data = {**typed, name: text}
            for step in form.steps:  # in order, so that what hangs on earlier answers is asked
                page = citizen.post(f"/ho-so-nhap/{draft}/to-khai/{step.key}", data=_of_step(step, data))
                if step.key == key:
                    break
            assert page.status_code == 422, (code, key, name, text)
            assert f'id="{name}-error"' in page.text, (code, key, name, text)


def _of_step(step, data: dict[str, str]) -> dict[str, object]:
    names = {n for q in step.fields for n in [*input_names(q, data), f"{q.name}__rows"]}
    several = {q.name for q in step.fields if q.kind == "choices"}
    empty = {i.name: "" for q in step.fields for i in inputs_of(q, data) if i.widget not in ("radio", "checkboxes")}
    return empty | {n: text.split(",") if n in several else text for n, text in data.items() if n in names}


def test_rows_without_javascript_keep_what_was_typed(citizen: FlaskClient) -> None:
    draft = begin(citizen, "1.001612")
    address = f"/ho-so-nhap/{draft}/to-khai/lines"
    data = {"business_lines__0__name": "Một", "business_lines__0__code": "sai", "business_capital": "chưa biết"}
    assert citizen.post(address, data={**data, "do": "add:business_lines"}).location.endswith("#business_lines-1")
    page = citizen.get(address).text
    assert page.count('id="business_lines__1__name"') == 1
    assert 'value="sai"' in page
    assert 'value="chưa biết"' in page
    more = {**data, "business_lines__1__name": "Hai", "business_lines__rows": "2", "do": "remove:business_lines:0"}
    assert citizen.post(address, data=more).status_code == 302
    page = citizen.get(address).text
    assert 'value="Hai"' in page
    assert "business_lines__1__name" not in page
    assert citizen.post(address, data={"do": "add:business_capital"}).status_code == 404


def test_a_row_of_another_device_survives_a_page_that_does_not_show_it(citizen: FlaskClient) -> None:
    draft = begin(citizen, "1.001612")
    row = {"business_lines__1__name": "Hai", "business_lines__1__code": "4711", "business_lines__rows": "2"}
    saved = citizen.post(f"/ho-so-nhap/{draft}/luu", json={"base": 0, "texts": row}).json
    page = {"business_lines__0__name": "Một", "business_lines__rows": "1", "revision": str(saved["revision"])}
    citizen.post(f"/ho-so-nhap/{draft}/to-khai/lines", data=page)
    shown = citizen.get(f"/ho-so-nhap/{draft}/to-khai/lines").text
    assert 'value="Hai"' in shown
    assert 'value="Một"' in shown


def test_saving_while_typing(citizen: FlaskClient, desk: Desk) -> None:
    draft = begin(citizen, "1.001193")
    address = f"/ho-so-nhap/{draft}/luu"

    def save(base: int, **texts: str):
        return citizen.post(address, json={"base": base, "texts": texts}).json

    first = save(0, child_name="Một", unknown="x", child_born_on="5/3/2026")
    assert first["newer"] == {}
    assert first["computed"]["child_born_on_words"].startswith("Ngày mùng năm, tháng ba")
    other = save(first["revision"], child_name="Hai")
    late = save(first["revision"], child_name="Ba", child_birth_place="Tại nhà")
    assert late["newer"] == {"child_name": "Hai"}
    assert save(late["revision"], child_name="Ba")["newer"] == {}
    assert save(other["revision"], child_sex="male")["elsewhere"] == {
        "child_name": "Ba",
        "child_birth_place": "Tại nhà",
    }
    page = citizen.get(f"/ho-so-nhap/{draft}/to-khai/child").text
    assert 'value="Ba"' in page
    assert "unknown" not in page
    for wrong in ({}, {"base": "x", "texts": {}}, {"base": 1, "texts": {"a": 1}}, []):
        assert citizen.post(address, json=wrong).status_code == 422
    assert citizen.post(address, data="x", content_type="application/json").status_code == 422


def test_an_older_page_does_not_overwrite_a_newer_answer(citizen: FlaskClient) -> None:
    draft = begin(citizen, "1.001193")
    address = f"/ho-so-nhap/{draft}/to-khai/copies"
    citizen.post(address, data={"copies": "2", "revision": "0"})
    late = citizen.post(address, data={"copies": "3", "revision": "0"})
    assert late.status_code == 422
    assert "Nơi khác vừa sửa mục này thành “2”" in late.text
    revision = late.text.split('name="revision" value="')[1].split('"')[0]
    assert citizen.post(address, data={"copies": "3", "revision": revision}).status_code == 302


def test_a_session_that_ended_carries_what_was_typed_through_signing_in(app: Flask, citizen: FlaskClient) -> None:
    draft = begin(citizen, "1.001193")
    app.config["WTF_CSRF_ENABLED"] = True
    address = f"/ho-so-nhap/{draft}/to-khai/child"
    headers = {"Referer": f"http://localhost{address}"}
    stranger = app.test_client()
    page = stranger.post(address, data={"child_name": "Nguyễn Thị Ậm Ợ", "revision": "0"}, headers=headers)
    assert page.status_code == 401
    held = page.text.split('name="held" value="')[1].split('"')[0]
    assert "Ậm" not in held
    app.config["WTF_CSRF_ENABLED"] = False
    signed = stranger.post(
        "/dang-nhap", query_string={"next": address},
        data={"login": "congdan", "password": "langson-thu-nghiem", "held": held},
    )  # fmt: skip
    assert signed.location == address
    assert 'value="Nguyễn Thị Ậm Ợ"' in stranger.get(address).text
    # Nobody gets anything into the draft of somebody else, or with a seal that is not ours.
    for login, seal in (("motcua", held), ("congdan", held[:-3] + "abc")):
        other = app.test_client()
        other.post("/dang-nhap", data={"login": login, "password": "langson-thu-nghiem", "held": seal})
        assert "không giữ lại được" in other.get("/thu-tuc").text


def test_a_page_that_saves_itself_answers_401_when_the_session_is_over(app: Flask) -> None:
    answer = app.test_client().post(
        "/ho-so-nhap/00000000-0000-0000-0000-000000000000/luu", json={"base": 0, "texts": {}}
    )
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"computed", "file", "rows"}))
def test_each_kind_is_in_some_form(kind: str) -> None:
    if kind == "declaration":  # kept for forms that imports may bring
        return
    kinds = {q.kind for form in FORMS.values() for q in form.questions()}
    kinds |= {child.kind for form in FORMS.values() for q in form.questions() for child in q.fields}
    assert kind in kinds
