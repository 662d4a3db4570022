"""Keeping the catalogue through the front door: editing, deciding, files, readiness."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal.publishing import queries
from portal.publishing.models import ProcedureVersionRow, VersionState
from services_catalog.exchange import json_lines
from services_catalog.loader import load_catalog
from tests.support.form_reader import standing_in

CODE = "1.001193"


def open_form(client: FlaskClient, code: str = CODE) -> tuple[str, MultiDict[str, str]]:
    """The address of the editor, and what stands in its form."""
    address = client.post(f"/quan-tri/thu-tuc/{code}/soan").location
    return address, standing_in(client.get(address).text, "editor-form")


def type_in(values: MultiDict[str, str], typed: dict[str, str]) -> None:
    """Put texts in place of what stands in the fields."""
    for name, text in typed.items():
        values[name] = text


def published_name(app: Flask) -> str:
    with app.extensions["database"].unit_of_work() as session:
        return queries.published(session, CODE).procedure.name


def test_saving_without_a_change_changes_nothing(app: Flask, editor: FlaskClient) -> None:
    """Every procedure survives the form: what it does not show would be lost."""
    with app.extensions["database"].unit_of_work() as session:
        procedures = [p.procedure for p in queries.all_published(session)]
    richest = [max(procedures, key=lambda p: len(getattr(p, name))) for name in ("documents", "fees", "time_limits")]
    for procedure in (*richest, next(p for p in procedures if p.code == CODE)):
        address, values = open_form(editor, procedure.code)
        page = editor.post(address, data=values, follow_redirects=True)
        assert "Không có gì khác." in page.text, procedure.code


def test_from_edit_to_publication_and_back(app: Flask, editor: FlaskClient, approver: FlaskClient) -> None:
    address, values = open_form(editor)
    type_in(values, {"name": "Thủ tục khai sinh mới", "note": "Thông tư 9"})
    version = editor.post(address, data=values).location
    page = editor.get(version).text
    assert "<ins>Thủ tục khai sinh mới</ins>" in page
    assert "Thông tư 9" in page
    editor.post(f"{version}/gui-duyet")
    assert editor.post(f"{version}/duyet").status_code == 403
    assert published_name(app) == "Thủ tục đăng ký khai sinh"
    assert "Duyệt và công bố" in approver.get(version).text
    assert approver.post(f"{version}/duyet").status_code == 302
    assert published_name(app) == "Thủ tục khai sinh mới"
    assert editor.get(f"/thu-tuc/{CODE}").text.count("Khai sinh mới") >= 1
    assert approver.post(f"{version}/hoan-tac", data={"reason": ""}).status_code == 422
    approver.post(f"{version}/hoan-tac", data={"reason": "Sai"})
    assert published_name(app) == "Thủ tục đăng ký khai sinh"


def test_mistakes_stand_at_their_fields_and_nothing_typed_is_lost(editor: FlaskClient) -> None:
    address, values = open_form(editor)
    type_in(values, {"ministry": "", "note": "Ghi chú giữ lại", "effective_on": "2026-12-01"})
    type_in(values, {"fees-0-amount_vnd": "8", "documents-2-originals": "nhiều", "promised_hours": "9"})
    answer = editor.post(address, data=values)
    assert answer.status_code == 422
    for field in ("ministry", "fees-0-amount_vnd", "documents-2-originals"):
        assert f'href="#{field}"' in answer.text, field
        assert f'id="{field}-error"' in answer.text, field
    assert "Ghi chú giữ lại" in answer.text
    assert 'value="nhiều"' in answer.text
    assert editor.post(address, data={**values, "effective_on": "mai"}).status_code == 422


def test_rows_are_added_moved_and_taken_out_without_saving(editor: FlaskClient) -> None:
    address, values = open_form(editor)
    first, second = values["documents-0-name"], values["documents-1-name"]
    moved = standing_in(editor.post(address, data={**values, "up": "documents-1"}).text, "editor-form")
    assert (moved["documents-0-name"], moved["documents-1-name"]) == (second, first)
    fewer = standing_in(editor.post(address, data={**values, "drop": "documents-0"}).text, "editor-form")
    assert fewer["documents-0-name"] == second
    more = standing_in(editor.post(address, data={**values, "add": "stages"}).text, "editor-form")
    assert more["stages-0-label"] == ""
    for odd in ({"drop": "documents-99"}, {"up": "name-0"}, {"add": "csrf_token"}, {"add": "khong-co"}):
        assert editor.post(address, data={**values, **odd}).status_code == 200
    assert "documents-5-name" not in standing_in(editor.get(address).text, "editor-form")


def test_stages_and_fees_typed_by_hand(app: Flask, editor: FlaskClient) -> None:
    address, values = open_form(editor)
    rows = [("Nhận", "receiving_officer", "receive", "1"), ("Làm", "case_officer", "propose", "5"),
            ("Ký", "approver", "approve", "1"), ("Trả", "clerk", "issue", "1")]  # fmt: skip
    for number, row in enumerate(rows):
        values.update(
            {f"stages-{number}-{name}": v for name, v in zip(("label", "role", "does", "hours"), row, strict=True)}
        )
    type_in(values, {"promised_hours": "9", "fees-0-amount_vnd": "8.000", "fees-0-exemptions": "Hộ nghèo | 100 | NQ 1"})
    wrong = editor.post(address, data=values)
    assert wrong.status_code == 422
    assert "Tổng giờ của các bước là 8, phải bằng 9 giờ" in wrong.text
    values["promised_hours"] = "8"
    version = editor.post(address, data=values).location
    with app.extensions["database"].unit_of_work() as session:
        row = session.get_one(ProcedureVersionRow, int(version.rsplit("/", 1)[1]))
        assert [stage["key"] for stage in row.document["stages"]] == ["s1", "s2", "s3", "s4"]
        assert row.document["fees"] == [
            {"amount_vnd": 8000, "exemptions": [{"who": "Hộ nghèo", "percent_off": 100, "legal_basis": "NQ 1"}]}
        ]


def test_the_slower_editor_keeps_what_was_typed(editor: FlaskClient) -> None:
    address, values = open_form(editor)
    editor.post(address, data={**values, "ministry": "Bộ A"})
    late = editor.post(address, data={**values, "ministry": "Bộ B"})
    assert late.status_code == 409
    assert "Người khác vừa sửa" in late.text
    assert "Bộ B" in late.text


def test_free_of_charge_stays_free_of_charge(app: Flask, editor: FlaskClient) -> None:
    address, values = open_form(editor)
    type_in(values, {"fees-0-amount_vnd": "0"})
    version = editor.post(address, data=values).location
    again = standing_in(editor.get(f"{version}/sua").text, "editor-form")
    assert again["fees-0-amount_vnd"] == "0"
    assert "Miễn phí" in editor.post(f"{version}/sua", data=again, follow_redirects=True).text
    for typed, told in (("150000.00", "150.000 đ"), ("8.000", "8.000 đ"), ("1 200 000 đ", "1.200.000 đ")):
        again = standing_in(editor.get(f"{version}/sua").text, "editor-form")
        type_in(again, {"fees-0-amount_vnd": typed})
        assert told in editor.post(f"{version}/sua", data=again, follow_redirects=True).text


@pytest.mark.parametrize("name", ["agencies-²-agency", "fees-" + "9" * 5000 + "-amount_vnd", "x" * 200])
def test_odd_field_names_are_refused(editor: FlaskClient, name: str) -> None:
    address, values = open_form(editor)
    assert editor.post(address, data={**values, name: "x"}).status_code == 400


def test_decisions_are_about_what_was_seen(app: Flask, editor: FlaskClient, approver: FlaskClient) -> None:
    """The approver has the page open while the editor takes the proposal back and writes something else."""
    address, values = open_form(editor)
    version = editor.post(address, data={**values, "name": "Tên được xem"}).location
    editor.post(f"{version}/gui-duyet")
    seen = standing_in(approver.get(version).text, "form")["revision"]
    editor.post(f"{version}/tra-lai", data={"reason": "Sửa thêm"})
    address, values = open_form(editor)
    editor.post(address, data={**values, "name": "Tên không ai xem"})
    editor.post(f"{version}/gui-duyet")
    late = approver.post(f"{version}/duyet", data={"revision": seen})
    assert late.status_code == 409
    assert "Người khác vừa sửa" in late.text
    assert published_name(app) == "Thủ tục đăng ký khai sinh"


def test_a_new_procedure_begins_with_what_it_must_have(editor: FlaskClient) -> None:
    wrong = editor.post("/quan-tri/thu-tuc/moi", data={"code": "1.1", "sector": "ho-tich"})
    assert wrong.status_code == 422
    for field in ("code", "name", "ministry", "agency"):
        assert f'id="{field}-error"' in wrong.text, field
    full = {"code": CODE, "name": "Thử", "sector": "ho-tich", "ministry": "Bộ", "agency": "@communes"}
    assert "Mã này đã có" in editor.post("/quan-tri/thu-tuc/moi", data=full).text
    begun = editor.post("/quan-tri/thu-tuc/moi", data={**full, "code": "9.000002"})
    assert begun.location.endswith("/sua")
    assert editor.get("/thu-tuc/9.000002").status_code == 404


def test_ending_a_procedure_asks_why(app: Flask, editor: FlaskClient, approver: FlaskClient) -> None:
    address = f"/quan-tri/thu-tuc/{CODE}/bai-bo"
    assert editor.post(address, data={"effective_on": "2020-01-01", "note": ""}).status_code == 422
    assert editor.post(address, data={"effective_on": "", "note": "x"}).status_code == 422
    version = editor.post(address, data={"effective_on": "2020-01-01", "note": "QĐ 3"}).location
    assert "Đề nghị bãi bỏ" in approver.get(version).text
    approver.post(f"{version}/duyet")
    assert editor.get(f"/thu-tuc/{CODE}").status_code == 404


@pytest.mark.long
def test_files_out_and_in(app: Flask, editor: FlaskClient, approver: FlaskClient) -> None:
    for kind in ("xlsx", "jsonl"):
        content = editor.get(f"/quan-tri/nhap-xuat/danh-muc.{kind}").data
        same = {"file": (io.BytesIO(content), f"x.{kind}"), "effective_on": "2026-01-01"}
        assert "không có gì khác" in editor.post("/quan-tri/nhap-xuat", data=same).text
    content = content.decode().replace('Thủ tục đăng ký khai sinh"', 'Tên từ tệp"', 1).encode()
    changed = {"file": (io.BytesIO(content), "x.jsonl"), "effective_on": "2026-01-01", "note": "Đợt 1"}
    address = editor.post("/quan-tri/nhap-xuat", data=changed).location
    assert "<ins>Tên từ tệp</ins>" in editor.get(address).text
    editor.post(f"{address}/gui-duyet")
    assert editor.post(f"{address}/duyet").status_code == 403
    assert approver.post(f"{address}/duyet").status_code == 302
    assert published_name(app) == "Tên từ tệp"
    assert editor.get("/quan-tri/nhap-xuat/danh-muc.exe").status_code == 404


@pytest.mark.parametrize(
    "data", [{}, {"effective_on": "2026-01-01"}, {"file": (io.BytesIO(b"x"), "x.xlsx"), "effective_on": "2026-01-01"},
             {"file": (io.BytesIO(b"{}"), "x.jsonl"), "effective_on": "2026-01-01"},
             {"file": (io.BytesIO(b"{}"), "x.jsonl"), "effective_on": "mai"}]
)  # fmt: skip
def test_bad_files_get_a_clear_answer(editor: FlaskClient, data: dict) -> None:
    answer = editor.post("/quan-tri/nhap-xuat", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_the_level_4_page(editor: FlaskClient) -> None:
    page = editor.get("/quan-tri/san-sang").text
    assert "1.016 / 1.016" in page
    assert "mặc định" in page
    assert "thủ tục, Tờ khai" in page
    assert editor.get("/quan-tri/san-sang?muc=Tờ khai:own&trang=99").status_code == 200


def test_the_operators_commands(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner()
    done = run.invoke(args=["catalog", "check", "--level4"])
    assert done.exit_code == 0
    assert "1016/1016 thủ tục đủ điều kiện toàn trình" in done.output
    for name in ("ra.xlsx", "ra.jsonl"):
        target = tmp_path / name
        assert "1016 thủ tục" in run.invoke(args=["catalog", "export", str(target)]).output
        assert "0 thủ tục thay đổi" in run.invoke(args=["catalog", "import", str(target)]).output
    assert run.invoke(args=["catalog", "export", str(tmp_path / "ra.pdf")]).exit_code == 1
    one = [p.model_copy(update={"name": "Tên mới"}) for p in load_catalog().procedures.values() if p.code == CODE]
    target.write_bytes(json_lines.write(one))
    assert "chưa áp dụng" in run.invoke(args=["catalog", "import", str(target)]).output
    assert published_name(app) == "Thủ tục đăng ký khai sinh"
    shown = run.invoke(args=["catalog", "import", str(target), "--apply"]).output
    assert "Tên: Thủ tục đăng ký khai sinh → Tên mới" in shown
    assert published_name(app) == "Tên mới"
    target.write_text("{", "utf-8")
    broken = run.invoke(args=["catalog", "import", str(target)])
    assert broken.exit_code == 1
    assert "chưa có gì được nhập" in broken.output


def test_every_step_of_a_version_is_on_record(app: Flask, editor: FlaskClient, approver: FlaskClient) -> None:
    address, values = open_form(editor)
    version = editor.post(address, data={**values, "name": "Tên mới"}).location
    editor.post(f"{version}/gui-duyet")
    approver.post(f"{version}/tra-lai", data={"reason": "Thiếu căn cứ"})
    page = editor.get(version).text
    for said in ("Bắt đầu soạn", "Lưu bản nháp", "Gửi duyệt", "Trả lại để sửa", "Thiếu căn cứ", "Duyệt Danh Mục Mẫu"):
        assert said in page, said
    editor.post(f"{version}/bo")
    with app.extensions["database"].unit_of_work() as session:
        states = session.scalars(select(ProcedureVersionRow.state).where(ProcedureVersionRow.procedure_code == CODE))
        assert sorted(states) == [VersionState.PUBLISHED, VersionState.WITHDRAWN]
