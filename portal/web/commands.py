"""Commands of the operator: `flask catalog`, `account`, `messages`, `payments`, `doctor`."""

from __future__ import annotations

import re
import sys

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.agencies.models import Agency
from portal.base.clock import local_day, now
from portal.base.db import Database
from portal.cases import paying
from portal.cases.models import HERE
from portal.gateways.zalo.zbs import TokenPair
from portal.identity import actions as identity
from portal.identity import partners
from portal.identity.models import ROLE_NAMES, Account, Role
from portal.notifications.tokens import SealedTokens
from portal.runtime.doctor import examine
from portal.web.catalog.commands import catalog
from portal.web.desk.commands import cases
from portal.web.session import settings, writing_alone
from services_catalog.fields import FieldError, clean_answer
from services_catalog.form import FormField

account = AppGroup("account", help="Tài khoản của cán bộ và người dân.")


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
        with writing_alone() as session:
            identity.create_account(session, login=login, password=password, now=now(), **known)
    except FieldError as error:
        raise click.ClickException(str(error)) from error
    except IntegrityError as error:
        raise click.ClickException("Tên đăng nhập hoặc số định danh đã có tài khoản.") from error
    click.echo(f"Đã tạo tài khoản {identity.login_key(login)}.")


messages = AppGroup("messages", help="Kênh báo tin.")


@messages.command("consent")
@click.option("--access-token", prompt=True, hide_input=True, help="Không ghi thì lệnh sẽ hỏi.")
@click.option("--refresh-token", prompt=True, hide_input=True, help="Không ghi thì lệnh sẽ hỏi.")
@with_appcontext
def consent_command(access_token: str, refresh_token: str) -> None:
    """Ghi quyền gửi tin mà quản trị viên Zalo vừa cấp; từ đó cổng tự gia hạn."""
    database = Database(settings().database_url, pool_size=1)
    try:
        # When it ends is not said with it: it is renewed at the first use.
        pair = TokenPair(access_token.strip(), refresh_token.strip(), now())
        SealedTokens(database, "zbs", settings().secret_key, now).keep(pair)
    finally:
        database.dispose()
    click.echo("Đã ghi. Lần gửi đầu tiên sẽ gia hạn ngay.")


payments = AppGroup("payments", help="Phí, lệ phí.")


@payments.command("verify")
@with_appcontext
def verify_payments_command() -> None:
    """Chứng minh sổ thu, biên lai và hồ sơ khớp nhau; thoát với mã 1 nếu không."""
    with writing_alone() as session:
        found = paying.mistakes(session)
    for sentence in found:
        click.echo(sentence, err=True)
    if found:
        sys.exit(1)
    click.echo("Sổ thu, biên lai và hồ sơ khớp nhau.")


@account.command("appoint")
@click.argument("login")
@click.argument("agency")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--title", help="Chức danh in trên giấy, ví dụ “Chủ tịch”.")
@with_appcontext
def appoint_command(login: str, agency: str, role: str, title: str | None) -> None:
    """Giao vai trò tại một cơ quan, từ hôm nay. AGENCY là khóa trong agencies, ví dụ ubnd-05986."""
    with writing_alone() as session:
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
    with writing_alone() as session:
        if not identity.close_account(session, login):
            raise click.ClickException("Không có tài khoản này.")
    click.echo("Đã khóa.")


partner = AppGroup("partner", help="Hệ thống khác được gửi hồ sơ vào qua API.")


@partner.command("create")
@click.argument("key")
@click.option("--name", required=True, help="Tên hệ thống.")
@with_appcontext
def create_partner_command(key: str, name: str) -> None:
    """Đăng ký một hệ thống. KEY là tên nguồn ghi trên hồ sơ, ví dụ dvcqg. In mã truy cập một lần."""
    if not re.fullmatch(r"[a-z0-9-]{2,40}", key) or key == HERE:
        raise click.ClickException("KEY gồm 2 đến 40 chữ thường, số, gạch nối.")
    try:
        with writing_alone() as session:
            token = partners.create_partner(session, key, name, now())
    except IntegrityError as error:
        raise click.ClickException("Đã có hệ thống mang tên này.") from error
    click.echo(f"Mã truy cập (chỉ hiện một lần): {token}")


@partner.command("close")
@click.argument("key")
@with_appcontext
def close_partner_command(key: str) -> None:
    """Khóa một hệ thống: mã truy cập không dùng được nữa."""
    with writing_alone() as session:
        if not partners.close_partner(session, key):
            raise click.ClickException("Không có hệ thống này.")
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
    app.cli.add_command(cases)
    app.cli.add_command(account)
    app.cli.add_command(messages)
    app.cli.add_command(payments)
    app.cli.add_command(partner)
    app.cli.add_command(doctor_command)


def _field(kind: str, label: str) -> FormField:
    return FormField(name=kind, label=label, kind=kind, required=kind == "full_name")
