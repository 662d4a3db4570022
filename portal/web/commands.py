"""Commands of the operator: `flask catalog …`, `flask account …`, `flask doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.db import Database
from portal.identity import actions as identity
from portal.identity.models import ROLE_NAMES, Account, Role
from portal.publishing.loading import load
from portal.runtime.doctor import examine
from portal.web.session import settings
from services_catalog.fields import FieldError, clean_answer
from services_catalog.form import FormField
from services_catalog.indexing import index_of
from services_catalog.loader import DATA, Catalog, CatalogError, load_catalog

catalog = AppGroup("catalog", help="Danh mục thủ tục hành chính.")
account = AppGroup("account", help="Tài khoản của cán bộ và người dân.")
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
    try:
        with _writing() as session:
            report = load(session, now(), folder, force=force)
    except CatalogError as error:
        _fail(error)
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


@account.command("create")
@click.argument("login")
@click.option("--name", required=True, help="Họ và tên.")
@click.option("--citizen-id", help="Số định danh cá nhân, 12 chữ số.")
@click.option("--phone", help="Số điện thoại.")
@click.password_option("--password", help="Không ghi thì lệnh sẽ hỏi.")
@with_appcontext
def create_command(login: str, name: str, citizen_id: str | None, phone: str | None, password: str) -> None:
    """Tạo tài khoản."""
    try:
        known = {
            "full_name": clean_answer(_field("full_name", "Họ tên"), name, local_day(now())),
            "citizen_id": clean_answer(_field("citizen_id", "Số định danh"), citizen_id, local_day(now())),
            "phone": clean_answer(_field("phone", "Số điện thoại"), phone, local_day(now())),
        }
        with _writing() as session:
            identity.create_account(session, login=login, password=password, now=now(), **known)
    except FieldError as error:
        raise click.ClickException(str(error)) from error
    except IntegrityError as error:
        raise click.ClickException("Tên đăng nhập hoặc số định danh đã có tài khoản.") from error
    click.echo(f"Đã tạo tài khoản {identity.login_key(login)}.")


@account.command("appoint")
@click.argument("login")
@click.argument("agency")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--title", help="Chức danh in trên giấy, ví dụ “Chủ tịch”.")
@with_appcontext
def appoint_command(login: str, agency: str, role: str, title: str | None) -> None:
    """Giao vai trò tại một cơ quan, từ hôm nay. AGENCY là khóa trong agencies, ví dụ ubnd-05986."""
    with _writing() as session:
        person = session.scalar(select(Account).where(Account.login == identity.login_key(login)))
        office = session.get(Agency, agency)
        if person is None or office is None or not office.is_active:
            raise click.ClickException("Không có tài khoản hoặc cơ quan này.")
        identity.appoint(session, person, agency, Role(role), now(), title=title)
        click.echo(f"{person.full_name}: {ROLE_NAMES[Role(role)]}, {office.name}.")


@account.command("close")
@click.argument("login")
@with_appcontext
def close_command(login: str) -> None:
    """Khóa tài khoản: không đăng nhập được nữa."""
    with _writing() as session:
        if not identity.close_account(session, login):
            raise click.ClickException("Không có tài khoản này.")
    click.echo("Đã khóa.")


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
    app.cli.add_command(account)
    app.cli.add_command(doctor_command)


@contextmanager
def _writing() -> Iterator[Session]:
    database = Database(settings().database_url, pool_size=1)
    try:
        with database.unit_of_work() as session:
            yield session
    finally:
        database.dispose()


def _field(kind: str, label: str) -> FormField:
    return FormField(name=kind, label=label, kind=kind, required=kind == "full_name")


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
