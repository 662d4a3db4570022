"""Importing the whole staff of a province from a workbook: 231 units and 15,630 people."""

from __future__ import annotations

import io
import time

from openpyxl import Workbook

from portal.administration import importing
from portal.base.clock import now
from portal.base.db import Database
from portal.identity.actor import SYSTEM
from portal.identity.models import ROLE_NAMES, Role
from portal.migrations.run import upgrade
from portal.publishing.loading import load
from tests.support.servers import running_servers, server_folder

UNITS, PEOPLE = 231, 15_630


def workbook() -> bytes:
    """Everybody in one workbook, as an administrator would keep it."""
    book = Workbook(write_only=True)
    page = book.create_sheet(importing.UNITS)
    page.append(importing.UNIT_COLUMNS)
    for n in range(UNITS):
        page.append([f"don-vi-{n}", f"Đơn vị số {n}", "branch", "", f"don-vi-{n // 10}" if n else "ubnd-tinh"])
    page = book.create_sheet(importing.PEOPLE)
    page.append(importing.PEOPLE_COLUMNS)
    roles = [ROLE_NAMES[role] for role in (Role.CASE_OFFICER, Role.RECEIVING_OFFICER, Role.HEAD, Role.CLERK)]
    for n in range(PEOPLE):
        page.append([f"can.bo.{n}", f"Nguyễn Văn {n}", f"09{n:08}", f"don-vi-{n % UNITS}", roles[n % len(roles)], ""])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def main() -> None:
    """Read, check and write all of it, twice: the second time everybody is known."""
    content = workbook()
    with server_folder() as folder, running_servers(folder) as servers:
        database = Database(servers.database_url("portal"))
        upgrade(database.engine)
        with database.unit_of_work() as session:
            load(session, now())
        for name in ("new", "known"):
            began = time.perf_counter()
            with database.unit_of_work() as session:
                done = importing.apply(session, importing.read(session, content), "x.xlsx", by=SYSTEM, now=now())
            took = time.perf_counter() - began
            print(f"{done.units} units, {done.people:,} people ({name}): {took:.1f} s, {len(done.codes):,} codes")
        database.dispose()


if __name__ == "__main__":
    main()
