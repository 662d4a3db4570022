"""`make bench`: figures of one run, as ratios where a machine's speed would matter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import psycopg

from services_catalog.exchange import json_lines, workbook
from services_catalog.indexing import index_of
from services_catalog.loader import Catalog, load_catalog
from services_catalog.search import CatalogIndex, Entry
from services_catalog.text import short_name
from tests import bench_import, bench_messages, bench_papers, bench_pipeline, bench_queues
from tests.rules.test_search_quality import SETS, cases
from tests.support.servers import running_servers, server_folder

Search = Callable[[str], Sequence[str]]
ROUNDS = 3
ALL = [case for name in SETS for case in cases(name)]


def milliseconds(search: Search, rounds: int = ROUNDS) -> list[float]:
    """How long each query of the evaluation set took, in each round."""
    took = []
    for _ in range(rounds):
        for query, _ in ALL:
            began = time.perf_counter()
            search(query)
            took.append((time.perf_counter() - began) * 1000)
    return took


def hits(search: Search) -> tuple[float, float]:
    """The share of queries whose answer comes first, and among the first three."""
    found = [(list(search(query)[:3]), codes) for query, codes in ALL]
    first = sum(bool(listed) and listed[0] in codes for listed, codes in found)
    three = sum(bool(codes & set(listed)) for listed, codes in found)
    return first / len(found), three / len(found)


def report(name: str, search: Search, *, with_hits: bool = True) -> float:
    """Print one line; returns the median in milliseconds."""
    took = milliseconds(search)
    middle, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    found = "hit@1 {:.3f}  hit@3 {:.3f}".format(*hits(search)) if with_hits else " " * 27
    print(f"{name:<36} {found}  p50 {middle:7.3f} ms  p99 {p99:7.3f} ms")
    return middle


def baseline(connection: psycopg.Connection, statement: str) -> Search:
    """A plain search of PostgreSQL: `statement` takes the query as %(q)s."""
    return lambda query: [row[0] for row in connection.execute(statement, {"q": query, "like": f"%{query}%"})]


_ILIKE = "SELECT code FROM names WHERE name ILIKE %(like)s ORDER BY length(name) LIMIT 3"
_TRIGRAM = "SELECT code FROM names ORDER BY similarity(name, %(q)s) DESC LIMIT 3"
_PLAIN_TRIGRAM = "SELECT code FROM names ORDER BY similarity(plain, unaccent(lower(%(q)s))) DESC LIMIT 3"


def fill(connection: psycopg.Connection, catalog: Catalog) -> None:
    """The names of the procedures, as they are and without accents."""
    connection.execute("CREATE EXTENSION pg_trgm")
    connection.execute("CREATE EXTENSION unaccent")
    connection.execute("CREATE TABLE names (code text, name text, plain text)")
    rows = [(p.code, short_name(p.name)) for p in catalog.procedures.values()]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO names VALUES (%s, %s)", rows)
    connection.execute("UPDATE names SET plain = unaccent(lower(name))")


def search_figures(catalog: Catalog) -> None:
    """Our search beside plain ones on the evaluation set, and at about 20,000 procedures."""
    small = index_of(catalog)
    large = CatalogIndex(
        Entry(f"{copy}.{p.code[2:]}", f"{p.name} {copy}", catalog.sectors[p.sector])
        for copy in range(20)
        for p in catalog.procedures.values()
    )
    print(f"{len(ALL)} queries of {' and '.join(SETS)}, {ROUNDS} rounds")
    ours = report("ours, 1,016 procedures", lambda query: small.search(query, limit=3).codes)
    report(f"ours, {len(large):,} procedures", lambda query: large.search(query, limit=3).codes, with_hits=False)
    with (
        server_folder() as folder,
        running_servers(folder) as servers,
        psycopg.connect(servers.database_url("postgres", "postgres"), autocommit=True) as connection,
    ):
        fill(connection, catalog)
        report("ILIKE", baseline(connection, _ILIKE))
        report("trigram", baseline(connection, _TRIGRAM))
        plain = report("trigram without accents", baseline(connection, _PLAIN_TRIGRAM))
    print(f"median of ours / of trigram without accents: {ours / plain:.3f}")


def exchange_figures(catalog: Catalog) -> None:
    """Reading and checking the whole catalogue from a file, as a share of writing it."""
    procedures = list(catalog.procedures.values())
    for name, write, read in (
        ("XLSX", lambda: workbook.write(procedures, catalog), lambda content: workbook.read(content, catalog)),
        ("JSON Lines", lambda: json_lines.write(procedures), json_lines.read),
    ):
        began = time.perf_counter()
        content = write()
        written = time.perf_counter()
        back = [catalog.check(entry.document(None)) for entry in read(content)]
        ended = time.perf_counter()
        assert back == procedures
        print(f"{name:<36} out {written - began:5.2f} s   in and checked {ended - written:5.2f} s")


def main() -> None:
    """All figures."""
    catalog = load_catalog()
    search_figures(catalog)
    exchange_figures(catalog)
    bench_papers.run()
    bench_pipeline.main()
    bench_messages.main()
    bench_import.main()
    bench_queues.main()


if __name__ == "__main__":
    main()
