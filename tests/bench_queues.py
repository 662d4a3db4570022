"""Queue pages of staff at ten thousand and at a million cases: the same pages for the same people."""

from __future__ import annotations

import logging
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases.models import Case
from portal.desk.queues import PAGE
from portal.identity.models import Account, Position
from portal.migrations.run import upgrade
from portal.publishing.loading import load
from portal.runtime.filling import fill
from portal.web.app import create_app
from tests.support.browsing import client_of
from tests.support.servers import running_servers, server_folder

SIZES = ((10_000, 2_000), (1_000_000, 200_000))
ROUNDS = 3
# Kinds of pages: an address, or what is searched for.
PAGES = (
    "/can-bo", "/can-bo?due=late", "/can-bo?procedure=1.001193", "/can-bo/dang-mo", "/can-bo/dang-mo?due=late",
    "/can-bo/dang-mo?state=in_process", "/can-bo/dang-mo?sector=Hộ tịch", "/can-bo/dang-mo?commune=Xã Chi Lăng",
    "/can-bo/dang-mo?channel=desk", "/can-bo/tat-ca", "/can-bo/tat-ca?state=returned", "/can-bo/tat-ca?state=declined",
    "/can-bo/tat-ca?procedure=1.001193", "/can-bo/tat-ca?channel=desk",
)  # fmt: skip
SEARCHES = ("nguyen thi an", "Hoàng Đức", "0900000777", "020000000777", "khong co ai")


@contextmanager
def filled_site(cases: int, opened: int) -> Iterator[Flask]:
    """The web site over a database with so many cases."""
    with server_folder() as folder, running_servers(folder) as servers:
        url = servers.database_url("portal")
        database = Database(url)
        upgrade(database.engine)
        with database.unit_of_work() as session:
            load(session, now())
        began = time.perf_counter()
        with database.session() as session:
            fill(session, cases, opened, now())
        print(f"{cases:,} cases, {opened:,} of them open: filled in {time.perf_counter() - began:.0f} s", flush=True)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        app = create_app(Settings.from_env({
            "VAR_DIR": str(folder / "var"), "DATABASE_URL": url, "REDIS_URL": servers.redis_url, "PORT": "8000",
            "LOG_LEVEL": "ERROR",
        }))  # fmt: skip
        app.config["WTF_CSRF_ENABLED"] = False
        yield app
        app.extensions["database"].dispose()
        database.dispose()


def people(app: Flask) -> list[tuple[str, int]]:
    """One person of each role at the agency with the most cases, at one in the middle, at the one with the fewest."""
    with app.extensions["database"].session() as session:
        count = func.count().label("many")
        rows = session.execute(select(Case.agency_key, count).group_by(Case.agency_key).order_by(count.desc())).all()
        chosen = [rows[0].agency_key, rows[len(rows) // 2].agency_key, rows[-1].agency_key]
        query = select(Position.role, func.min(Position.account_id)).join(Account)
        filled = Account.login.like("do-tai-%")
        return [
            (f"{role} {key}", account_id)
            for key in chosen
            for role, account_id in session.execute(
                query.where(filled, Position.agency_key == key).group_by(Position.role).order_by(Position.role)
            )
        ]


@dataclass(frozen=True)
class Page:
    """A page that was asked for: how long the server took, and how many rows it shows."""

    kind: str
    milliseconds: float
    rows: int

    @property
    def is_full(self) -> bool:
        """True if it shows as many rows as a page holds: only such pages are alike at both sizes."""
        return self.rows >= PAGE


def pages(app: Flask) -> list[Page]:
    """Every kind of page for all people, several times; the first round warms up."""
    found: list[Page] = []
    for turn in range(ROUNDS + 1):
        for _, account_id in people(app):
            seen = list(_pages(client_of(app, account_id)))
            found += seen if turn else []
    return found


def _pages(client: FlaskClient) -> Iterator[Page]:
    for address in PAGES:
        yield _timed(address, client, "GET", address)
    for text in SEARCHES:
        yield _timed(f"tìm “{text}”", client, "POST", "/can-bo/tim", text)
    # The second page, where there is one.
    html = client.get("/can-bo/dang-mo").text
    if "after=" in html:
        after = html.split("after=")[1].split('"')[0].split("&")[0]
        yield _timed("trang sau", client, "GET", f"/can-bo/dang-mo?after={after}")


def _timed(kind: str, client: FlaskClient, method: str, address: str, text: str = "") -> Page:
    began = time.perf_counter()
    answer = client.open(address, method=method, data={"text": text} if text else None)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code in (200, 302), (address, answer.status_code)
    return Page(kind, took, answer.text.count('name="row"'))


def p95(found: list[Page]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles([page.milliseconds for page in found], n=100)[94]


def report(found: list[Page]) -> None:
    """All pages, the full ones, and each kind, the slowest first."""
    full = [page for page in found if page.is_full]
    median = statistics.median(page.milliseconds for page in found)
    print(
        f"  {len(found)} pages: p50 {median:.1f} ms, p95 {p95(found):.1f} ms; {len(full)} full: p95 {p95(full):.1f} ms"
    )
    kinds = {page.kind: [other for other in found if other.kind == page.kind] for page in found}
    for kind, those in sorted(kinds.items(), key=lambda item: -p95(item[1])):
        rows = statistics.mean(page.rows for page in those)
        print(f"    p95 {p95(those):7.1f} ms   {rows:4.0f} rows   {kind}")


def main() -> None:
    """The figures of both sizes and their ratios."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: list[list[Page]] = []
    for cases, opened in SIZES:
        with filled_site(cases, opened) as app:
            found.append(pages(app))
        report(found[-1])
    if len(found) > 1:
        full = [p95([page for page in those if page.is_full]) for those in found]
        print(f"p95 at {SIZES[-1][0]:,} / at {SIZES[0][0]:,}: all pages {p95(found[-1]) / p95(found[0]):.2f}, "
              f"full pages {full[-1] / full[0]:.2f}")  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) > 1:
        SIZES = tuple((int(size), int(size) // 5) for size in sys.argv[1:])
    main()
