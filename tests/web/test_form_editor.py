"""Changing the form of a procedure in the browser."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from portal.web.catalog.questions import step_document, step_form
from services_catalog.exchange import json_lines, workbook
from services_catalog.form import FormStep
from services_catalog.library import as_document
from services_catalog.loader import library, load_catalog
from tests.support.desk import Desk
from tests.support.form_reader import standing_in
from tests.web.test_access import sign_in
from tests.web.test_catalog_keeping import open_form

CODE = "1.001612"


def steps_page(client: FlaskClient) -> tuple[str, str]:
    """The address of the draft's form, and of its version."""
    address, _ = open_form(client, CODE)
    version = address.removesuffix("/sua")
    return f"{version}/to-khai", version


def test_every_step_of_every_form_survives_the_editor(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    for form in library().forms.values():
        for step in form.steps:
            old = as_document(step)
            with app.test_request_context():
                shown = step_form(old).data
            sent = MultiDict({name: shown[name] or "" for name in ("title", "help", "when")})
            if shown["optional"]:
                sent["optional"] = "y"
            for number, row in enumerate(shown["questions"]):
                for name, value in row.items():
                    if value is not None and value is not False:
                        sent[f"questions-{number}-{name}"] = "y" if value is True else str(value)
            with app.test_request_context(method="POST", data=sent):
                assert FormStep.model_validate(step_document(step_form(old), old)) == step, (form.title, step.key)


def test_a_question_is_added_approved_and_asked(
    app: Flask,
    editor: FlaskClient,
    approver: FlaskClient,
    desk: Desk,
) -> None:
    address, version = steps_page(editor)
    assert "Đang dùng tờ khai chung" in editor.get(address).text
    page = editor.get(f"{address}/1").text
    values = standing_in(page, "editor-form")
    more = editor.post(f"{address}/1", data={**values.to_dict(), "add": "questions"}).text
    values = standing_in(more, "editor-form")
    last = max(int(name.split("-")[1]) for name in values if name.startswith("questions-"))
    values[f"questions-{last}-label"] = "Bảng hiệu có chữ nước ngoài?"
    values[f"questions-{last}-kind"] = "choice"
    values[f"questions-{last}-options"] = "co | Có\nkhong | Không"
    values[f"questions-{last}-required"] = "y"
    assert editor.post(f"{address}/1", data=values).status_code == 302
    shown = editor.get(version).text
    assert "Bảng hiệu có chữ nước ngoài? (chọn một; Có, Không)" in shown
    assert "Đang dùng tờ khai chung" not in editor.get(address).text
    main, fields = open_form(editor, CODE)  # the page of everything else keeps the form
    fields["note"] = "Thêm câu hỏi"
    assert editor.post(main, data=fields).status_code == 302
    editor.post(f"{version}/gui-duyet")
    approver.post(f"{version}/duyet")
    citizen = app.test_client()
    sign_in(citizen, "congdan")
    agency = citizen.get(f"/api/v1/procedures/{CODE}").json["agencies"][0]["key"]
    begun = citizen.post(f"/thu-tuc/{CODE}/nop-ho-so", data={"agency": agency}).location
    step = begun.replace("/requester", "/business")
    assert 'name="bang_hieu_co_chu_nuoc_ngoai"' in citizen.get(step).text
    assert "Hãy chọn bảng hiệu có chữ nước ngoài?." in citizen.post(step, data={}).text


def test_what_is_wrong_is_told_and_not_saved(editor: FlaskClient) -> None:
    address, _ = steps_page(editor)
    values = standing_in(editor.get(f"{address}/3").text, "editor-form")
    for name, text, said in (
        ("questions-0-when", "khong_co = 1", "điều kiện hỏi mục chưa có"),
        ("questions-0-options", "", "loại chọn phải có các lựa chọn"),
        ("questions-0-kind", "phone_number", "không có loại câu hỏi"),
        ("title", "", "Chưa lưu được"),
    ):
        answer = editor.post(f"{address}/3", data={**values.to_dict(), name: text})
        assert answer.status_code == 422, name
        assert said in answer.text
    assert "Đang dùng tờ khai chung" in editor.get(address).text
    assert editor.get(f"{address}/99").status_code == 404


def test_steps_are_added_moved_taken_out_and_given_back(editor: FlaskClient) -> None:
    address, _ = steps_page(editor)

    def titles() -> list[str]:
        return re.findall(r'/to-khai/\d+">(.*?)</a>', editor.get(address).text)

    before = titles()

    def do(what: str) -> int:
        revision = standing_in_revision(editor.get(address).text)
        return editor.post(address, data={"do": what, "revision": revision}).status_code

    assert do("add") == 302
    assert titles() == [*before, "Phần mới"]
    assert do(f"up-{len(before)}") == 302
    assert titles()[-2] == "Phần mới"
    assert do(f"drop-{len(before) - 1}") == 302
    assert titles() == before
    assert do("drop-0") == 409  # every form asks who applies
    assert do("shared") == 302
    assert "Đang dùng tờ khai chung" in editor.get(address).text


def standing_in_revision(page: str) -> str:
    return page.split('name="revision" value="')[1].split('"')[0]


def test_a_form_of_its_own_goes_out_and_in_again() -> None:
    known = load_catalog()
    form = known.forms["household-business"]
    own = known.procedures[CODE].model_copy(update={"own_form": form})
    for entries in (workbook.read(workbook.write([own], known), known), json_lines.read(json_lines.write([own]))):
        assert [known.check(entry.document(None)) for entry in entries] == [own]
    assert known.release(own).form == form
