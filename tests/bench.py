"""`make bench`: figures of one run, as ratios where a machine's speed would matter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from services_catalog.indexing import index_of
from services_catalog.loader import load_catalog
from services_catalog.search import CatalogIndex, Entry
from services_catalog.text import fold

QUERIES = ["dang ky khai sinh", "dang ki ket hon", "xac nhan doc than", "cccd", "mất bằng lái", "nhập hộ khẩu",
           "sang ten xe may", "khai snh", "giấy phép xây dựng nhà ở", "đăng ký thành lập công ty cổ phần"]  # fmt: skip


def milliseconds(work: Callable[[str], object], rounds: int = 30) -> list[float]:
    """How long `work` took for each query of each round."""
    took = []
    for _ in range(rounds):
        for query in QUERIES:
            began = time.perf_counter()
            work(query)
            took.append((time.perf_counter() - began) * 1000)
    return took


def report(name: str, took: list[float]) -> float:
    """Print the median and the 99th percentile; returns the median."""
    middle = statistics.median(took)
    print(f"{name:<44} p50 {middle:8.3f} ms   p99 {statistics.quantiles(took, n=100)[98]:8.3f} ms")
    return middle


def main() -> None:
    """Search at 1,016 and at about 20,000 procedures, beside a plain scan."""
    catalog = load_catalog()
    small = index_of(catalog)
    large = CatalogIndex(
        Entry(f"{copy}.{p.code[2:]}", f"{p.name} {copy}", catalog.sectors[p.sector])
        for copy in range(20)
        for p in catalog.procedures.values()
    )
    names = [fold(p.name) for p in catalog.procedures.values()]
    searched = report("search, 1,016 procedures", milliseconds(small.search))
    report(f"search, {len(large):,} procedures", milliseconds(large.search))
    scanned = report("plain scan of 1,016 names", milliseconds(lambda q: [n for n in names if fold(q) in n]))
    print(f"search / plain scan: {searched / scanned:.2f}")


if __name__ == "__main__":
    main()
