"""Commands of the operator: `flask cases …`."""

from __future__ import annotations

import sys
from typing import TextIO

import click
from flask.cli import AppGroup, with_appcontext

from portal.base.clock import now
from portal.base.db import Database
from portal.cases.description import as_markdown
from portal.cases.invariants import check
from portal.cases.lifecycle import State
from portal.cases.stuck import stuck
from portal.cases.words import STATE_NAMES
from portal.outbox.actions import try_again
from portal.outbox.queries import troubled
from portal.runtime.filling import fill
from portal.web.session import settings, writing_alone

cases = AppGroup("cases", help="Hồ sơ: kiểm tra, tìm chỗ kẹt.")
_SHOWN = 20
_LIFECYCLE_HEAD = """# Vòng đời hồ sơ

Trang này do `make docs` ghi ra từ `portal/cases/lifecycle.py`; một kiểm thử bảo đảm hai bên khớp nhau.
Trong `in_process`, các bước là dữ liệu của từng thủ tục (`services_catalog/data/workflows/` hoặc bước riêng
soạn trên trình duyệt): ai làm, cơ quan nào, bao nhiêu giờ, điều kiện, việc được làm thêm, máy làm hay người làm.

"""


@cases.command("verify")
@with_appcontext
def verify_command() -> None:
    """Kiểm tra chuỗi sự kiện và mọi điều luôn phải đúng của tất cả hồ sơ."""
    with writing_alone() as session:
        found = check(session)
    for name, broken in found.items():
        click.echo(f"{'✗' if broken else '✓'} {name}" + (f": {len(broken)} hồ sơ" if broken else ""))
        for reference in broken[:_SHOWN]:
            click.echo(f"    {reference}")
    if any(found.values()):
        sys.exit(1)


@cases.command("fill")
@click.option("--cases", "many", default=10_000, show_default=True, help="Bao nhiêu hồ sơ.")
@click.option("--open", "opened", default=2_000, show_default=True, help="Trong đó bao nhiêu hồ sơ đang mở.")
@with_appcontext
def fill_command(many: int, opened: int) -> None:
    """Thêm hồ sơ giả để đo tốc độ hàng việc. Chỉ chạy ở bản dùng thử; hồ sơ giả không có lịch sử thật."""
    if not settings().demo:
        raise click.ClickException("Chỉ thêm hồ sơ giả ở bản dùng thử (DEMO=1).")
    database = Database(settings().database_url, pool_size=1)
    with database.session() as session:
        fill(session, many, min(opened, many), now())
        session.commit()
    database.dispose()
    click.echo(f"Đã thêm {many} hồ sơ giả.")


@cases.command("lifecycle")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
def lifecycle_command(file: TextIO) -> None:
    """In bảng chuyển trạng thái (docs/lifecycle.md được ghi bằng lệnh này)."""
    file.write(_LIFECYCLE_HEAD + as_markdown())


@cases.command("stuck")
@click.option("--retry", "delivery_id", type=int, help="Làm lại ngay việc mang số này.")
@with_appcontext
def stuck_command(delivery_id: int | None) -> None:
    """Hồ sơ chờ máy quá lâu, và việc hỏng nhiều lần hoặc đã dừng thử."""
    with writing_alone() as session:
        if delivery_id is not None and not try_again(session, delivery_id, now()):
            raise click.ClickException("Không có việc chưa xong mang số này.")
        waiting, failing = stuck(session, now()), troubled(session)
        for case in waiting:
            click.echo(f"✗ {case.reference}: {STATE_NAMES[State(case.state)]}, chờ máy")
        for work in failing:
            state = "đã dừng thử" if work.is_parked else f"thử lại {work.next_try_at:%H:%M:%S} UTC"
            click.echo(f"✗ việc {work.delivery_id} {work.listener}: {work.attempts} lần, {work.last_error}, {state}")
    if not waiting and not failing:
        click.echo("Không có gì kẹt.")
    elif delivery_id is None:
        sys.exit(1)
