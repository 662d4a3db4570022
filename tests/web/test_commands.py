"""The operator's commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from flask import Flask

from services_catalog.loader import DATA


def test_check_counts(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["catalog", "check"])
    assert done.exit_code == 0
    assert "1.016 thủ tục" in done.output


def test_search_gives_json(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["catalog", "search", "khai sinh", "--json"])
    assert json.loads(done.output)["items"][0] == {"code": "1.001193", "name": "Thủ tục đăng ký khai sinh"}


def test_load_is_idempotent_and_says_so(app: Flask) -> None:
    run = app.test_cli_runner()
    assert "không đổi" in run.invoke(args=["catalog", "load"]).output
    assert "0 phiên bản mới" in run.invoke(args=["catalog", "load", "--force"]).output


def test_mistakes_are_named_and_nothing_is_loaded(app: Flask, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    path = next(data.glob("procedures/ho-tich/1.001193-*/*.yml"))
    path.write_text(path.read_text("utf-8").replace("sector: ho-tich", "sector: sai"), "utf-8")
    run = app.test_cli_runner()
    for command in ("check", "load"):
        done = run.invoke(args=["catalog", command, "--data", str(data)])
        assert done.exit_code == 1
        assert f"{path.relative_to(data)}:3: sector: Không có “sai”." in done.output


def test_the_doctor_says_what_is_missing(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 1  # there is no worker in this test
    assert "✗ Tiến trình xử lý" in done.output
    assert "✓ Danh mục" in done.output
    assert "1016 thủ tục" in done.output


def test_accounts_are_made_appointed_and_closed(app: Flask) -> None:
    run = app.test_cli_runner()
    made = run.invoke(args=["account", "create", "CanBo1", "--name", "cán bộ một", "--password", "x" * 12])
    assert made.output == "Đã tạo tài khoản canbo1.\n"
    appointed = run.invoke(args=["account", "appoint", "canbo1", "so-xay-dung", "clerk"])
    assert appointed.output == "Cán Bộ Một: Văn thư, Sở Xây dựng.\n"
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/dang-nhap", data={"login": "canbo1", "password": "x" * 12}).location == "/can-bo"
    assert run.invoke(args=["account", "close", "canbo1"]).output == "Đã khóa.\n"
    assert client.post("/dang-nhap", data={"login": "canbo1", "password": "x" * 12}).status_code == 422


def test_wrong_accounts_are_refused_in_words(app: Flask) -> None:
    run = app.test_cli_runner()
    again = run.invoke(args=["account", "create", "congdan", "--name", "Công Dân", "--password", "x" * 12])
    assert again.exit_code == 1
    assert "đã có tài khoản" in again.output
    bad = run.invoke(args=["account", "create", "x", "--name", "A", "--citizen-id", "12", "--password", "x" * 12])
    assert "12 chữ số" in bad.output
    assert run.invoke(args=["account", "appoint", "congdan", "2021-178", "clerk"]).exit_code == 1
    assert run.invoke(args=["account", "close", "khong-co"]).exit_code == 1


def test_demo_accounts_are_closed_where_demo_is_off(settings) -> None:
    import dataclasses

    from portal.runtime.prepare import prepare
    from portal.web.app import create_app

    def can_sign_in() -> bool:
        site = create_app(settings)
        site.config["WTF_CSRF_ENABLED"] = False
        answer = site.test_client().post("/dang-nhap", data={"login": "vanthu", "password": "langson-thu-nghiem"})
        site.extensions["database"].dispose()
        return answer.status_code == 302

    assert can_sign_in()
    prepare(dataclasses.replace(settings, demo=False))
    assert not can_sign_in()
    prepare(dataclasses.replace(settings, demo=True))
    assert can_sign_in()
