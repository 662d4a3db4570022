"""Commands of the operator: `flask catalog …`."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import AppGroup, with_appcontext

from portal.base.clock import local_day, now
from portal.identity.actor import SYSTEM
from portal.publishing import importing
from portal.publishing import queries as publishing
from portal.publishing.loading import load
from portal.web.session import writing_alone
from services_catalog.diff import changes
from services_catalog.exchange import json_lines, workbook
from services_catalog.exchange.entries import WrongFile
from services_catalog.indexing import index_of
from services_catalog.loader import DATA, Catalog, CatalogError, library, load_catalog
from services_catalog.readiness import Readiness, Standing, readiness

catalog = AppGroup("catalog", help="Danh mục thủ tục hành chính.")
_FOLDER = click.option(
    "--data", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=DATA,
    help="Thư mục dữ liệu khác với thư mục đi kèm.",
)  # fmt: skip
_SIGNS = {Standing.OWN: "✓", Standing.DEFAULT: "○", Standing.MISSING: "✗"}


@catalog.command("check")
@click.option("--level4", is_flag=True, help="Xem từng thủ tục đã đủ điều kiện toàn trình (mức độ 4) chưa.")
@_FOLDER
def check_command(folder: Path, level4: bool) -> None:
    """Kiểm tra dữ liệu: nêu tệp, dòng và mục của từng lỗi."""
    data = _read(folder)
    if level4:
        _tell_readiness([readiness(procedure, data) for procedure in data.procedures.values()])
        return
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
        with writing_alone() as session:
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


@catalog.command("export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export_command(target: Path) -> None:
    """Xuất danh mục đang áp dụng ra TARGET: .xlsx hoặc .jsonl."""
    with writing_alone() as session:
        procedures = [published.procedure for published in publishing.all_published(session)]
    if target.suffix not in (".xlsx", ".jsonl"):
        raise click.ClickException("Tên tệp phải có đuôi .xlsx hoặc .jsonl.")
    try:
        is_workbook = target.suffix == ".xlsx"
        target.write_bytes(workbook.write(procedures, library()) if is_workbook else json_lines.write(procedures))
    except WrongFile as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo(f"Đã xuất {len(procedures)} thủ tục ra {target}.")


@catalog.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "is_applied", is_flag=True, help="Áp dụng; không có thì chỉ xem thay đổi.")
@click.option("--from", "effective_on", type=click.DateTime(["%Y-%m-%d"]), help="Ngày có hiệu lực; mặc định hôm nay.")
@with_appcontext
def import_command(source: Path, is_applied: bool, effective_on: datetime | None) -> None:
    """Nhập SOURCE (.xlsx, .jsonl, hoặc bảng của CSDL quốc gia): tất cả hoặc không gì cả."""
    try:
        with writing_alone() as session:
            found = importing.differences(session, importing.read_file(source.name, source.read_bytes()))
            for difference in found:
                _tell_difference(difference)
            if is_applied:
                day = max(effective_on.date() if effective_on else date.min, local_day(now()))
                importing.approve_all(session, found, day, note=source.name, editor=None, by=SYSTEM, now=now())
    except WrongFile as wrong:
        for mistake in wrong.mistakes:
            click.echo(str(mistake), err=True)
        click.echo(f"{len(wrong.mistakes)} lỗi; chưa có gì được nhập.", err=True)
        sys.exit(1)
    done = "đã áp dụng" if is_applied else "chưa áp dụng, thêm --apply để áp dụng"
    click.echo(f"{len(found)} thủ tục thay đổi, {done}.")


def _tell_difference(difference: importing.Difference) -> None:
    procedure = difference.after.procedure
    click.echo(f"{procedure.code}  {procedure.name}{'' if difference.before else '  (mới)'}")
    for change in changes(difference.before, difference.after, library()) if difference.before else ():
        click.echo(f"    {change.label}: {change.before or '(chưa có)'} → {change.after or '(bỏ)'}")


def _tell_readiness(found: list[Readiness]) -> None:
    """One line a procedure, why it is not ready where it is not, and the sum."""
    for item in found:
        signs = " ".join(f"{_SIGNS[need.standing]} {need.title}" for need in item.needs)
        click.echo(f"{'✓' if item.is_ready else '✗'} {item.procedure.code}  {signs}")
        for need in item.needs:
            if need.standing is Standing.MISSING:
                click.echo(f"    {need.title}: {need.text}")
    ready = sum(item.is_ready for item in found)
    own = sum(item.is_ready and not item.defaults for item in found)
    click.echo(f"{ready}/{len(found)} thủ tục đủ điều kiện toàn trình; ○ là giá trị mặc định của cổng.")
    click.echo(f"{own} thủ tục không dùng giá trị mặc định nào.")
    if ready < len(found):
        sys.exit(1)


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
