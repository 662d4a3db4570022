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
        assert f"{path.relative_to(data)}:3: sector: 'sai' does not exist" in done.output


def test_the_doctor_says_what_is_missing(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["doctor"])
    assert done.exit_code == 1  # there is no worker in this test
    assert "✗ Tiến trình xử lý" in done.output
    assert "✓ Danh mục" in done.output
    assert "1016 thủ tục" in done.output
