"""Commands of the operator: `flask catalog …`, `flask doctor`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from portal.base.clock import now
from portal.base.db import Database
from portal.publishing.actions import load
from portal.runtime.doctor import examine
from portal.web.session import settings
from services_catalog.indexing import index_of
from services_catalog.loader import DATA, Catalog, CatalogError, load_catalog

catalog = AppGroup("catalog", help="Danh mục thủ tục hành chính.")
_FOLDER = click.option(
    "--data", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=DATA,
    help="Thư mục dữ liệu khác với thư mục đi kèm.",
)  # fmt: skip


@catalog.command("check")
@_FOLDER
def check_command(folder: Path) -> None:
    """Kiểm tra dữ liệu: nêu tệp, dòng và mục của từng lỗi."""
    data = _read(folder)
    count = f"{len(data.procedures):,}".replace(",", ".")
    click.echo(f"Danh mục đúng: {count} thủ tục, {len(data.sectors)} lĩnh vực.")
    if data.codes.placeholder:
        click.echo("Lưu ý: agency_codes.yml còn là mã tạm, chưa phải mã định danh của tỉnh.")


@catalog.command("load")
@_FOLDER
@click.option("--force", is_flag=True, help="Nạp lại cả khi dữ liệu không đổi.")
@with_appcontext
def load_command(folder: Path, force: bool) -> None:
    """Nạp dữ liệu vào cơ sở dữ liệu: tất cả hoặc không gì cả."""
    database = Database(settings().database_url)
    try:
        with database.unit_of_work() as session:
            report = load(session, now(), folder, force=force)
    except CatalogError as error:
        _fail(error)
    finally:
        database.dispose()
    if report.unchanged:
        click.echo(f"Dữ liệu không đổi: {report.procedures} thủ tục.")
    else:
        click.echo(f"Đã nạp {report.procedures} thủ tục, {report.new_versions} phiên bản mới.")


@catalog.command("search")
@click.argument("query")
@click.option("--limit", default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="In ra JSON.")
@_FOLDER
def search_command(query: str, limit: int, as_json: bool, folder: Path) -> None:
    """Tìm thủ tục trong dữ liệu đi kèm."""
    data = _read(folder)
    found = index_of(data).search(query, limit=limit)
    items = [{"code": code, "name": data.procedures[code].name} for code in found.codes]
    if as_json:
        click.echo(json.dumps({"total": found.total, "items": items}, ensure_ascii=False, indent=2))
        return
    for item in items:
        click.echo(f"{item['code']}  {item['name']}")
    click.echo(f"{found.total} kết quả")


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Xem hệ thống được cấu hình thế nào và còn thiếu gì."""
    findings = examine(settings())
    for finding in findings:
        click.echo(f"{'✓' if finding.is_good else '✗'} {finding.subject:<22} {finding.text}")
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


def install(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(catalog)
    app.cli.add_command(doctor_command)


def _read(folder: Path) -> Catalog:
    try:
        return load_catalog(folder)
    except CatalogError as error:
        _fail(error)


def _fail(error: CatalogError) -> NoReturn:
    for mistake in error.mistakes:
        click.echo(str(mistake), err=True)
    click.echo(f"{len(error.mistakes)} lỗi; chưa có gì được nạp.", err=True)
    sys.exit(1)
