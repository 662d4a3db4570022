"""Accent-blind search of the catalogue, on tantivy. Ours are the folding, the everyday names and the ranking."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import tantivy

from services_catalog.text import fold, words

_CODE = re.compile(r"^\d\.\d{6}(?=\.|$)")
# How many of the engine's best are ranked by our own rules; fixed, so that pages fit together.
_RANKED = 200
_BOOSTS = {"name": 4.0, "also": 5.0, "sector": 1.0, "agency": 0.5}


@dataclass(frozen=True)
class Entry:
    """What is searched of one procedure. `rank` is 0 for the commonest, None for all that are not common."""

    code: str
    name: str
    sector: str
    agency: str = ""
    also: tuple[str, ...] = ()
    rank: int | None = None


@dataclass(frozen=True)
class Found:
    """The codes of one page of results, best first, and how many there are in all."""

    total: int
    codes: list[str]


class CatalogIndex:
    """An index in memory; build a new one when the catalogue changes."""

    def __init__(self, entries: Iterable[Entry]):
        self._entries = {entry.code: entry for entry in entries}
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("code", stored=True, tokenizer_name="raw")
        for name in _BOOSTS:
            builder.add_text_field(name, tokenizer_name="whitespace")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        writer = self._index.writer(heap_size=30_000_000, num_threads=1)
        for entry in self._entries.values():
            writer.add_document(_document(entry))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def __len__(self) -> int:
        return len(self._entries)

    def code_in(self, query: str) -> str | None:
        """The national code if `query` is one ("1.001193", "1.001193.000.00.00.H37") that is in the index."""
        match = _CODE.match(query.strip())
        return match[0] if match and match[0] in self._entries else None

    def search(self, query: str, *, limit: int = 20, offset: int = 0) -> Found:
        """Procedures for `query`; all of them, the common first, when it is empty."""
        if code := self.code_in(query):
            return Found(1, [code][offset : offset + limit])
        asked = words(query)
        if not asked:
            return self._all(limit, offset)
        for build in (_all_words, _most_words, _similar_words):
            found = self._run(build(self._schema, asked), asked, limit, offset)
            if found.total:
                return found
        return Found(0, [])

    def _all(self, limit: int, offset: int) -> Found:
        ordered = sorted(self._entries.values(), key=lambda e: (e.rank is None, e.rank or 0, fold(e.name)))
        return Found(len(ordered), [entry.code for entry in ordered[offset : offset + limit]])

    def _run(self, query: tantivy.Query, asked: list[str], limit: int, offset: int) -> Found:
        searcher = self._index.searcher()
        result = searcher.search(query, limit=max(offset + limit, _RANKED), count=True)
        entries = [(score, self._entries[searcher.doc(address)["code"][0]]) for score, address in result.hits]
        best = sorted(entries[:_RANKED], key=lambda pair: -_score(pair[0], pair[1], asked))
        ordered = [*best, *entries[_RANKED:]]
        total: int = result.count  # type: ignore[attr-defined]  # missing in the stubs
        return Found(total, [entry.code for _, entry in ordered[offset : offset + limit]])


def _document(entry: Entry) -> tantivy.Document:
    return tantivy.Document(
        code=entry.code,
        name=" ".join(words(entry.name)),
        also=" ".join(words(" ".join(entry.also))),
        sector=" ".join(words(entry.sector)),
        agency=" ".join(words(entry.agency)),
    )


def _score(score: float, entry: Entry, asked: list[str]) -> float:
    """The engine's score, raised for common procedures and for names that say just what was asked."""
    if entry.rank is not None:
        score *= 1.5 - 0.01 * entry.rank
    names = [entry.name.removeprefix("Thủ tục "), *entry.also]
    said = [words(name) for name in names]
    if asked in said:
        score *= 3
    elif any(name[: len(asked)] == asked for name in said):
        score *= 1.5
    return score / (1 + 0.01 * len(said[0]))


def _word(schema: tantivy.Schema, word: str) -> tantivy.Query:
    """One word in any of the fields, each with its weight."""
    Query = tantivy.Query
    parts = [
        (tantivy.Occur.Should, Query.boost_query(Query.term_query(schema, name, word), weight))
        for name, weight in _BOOSTS.items()
    ]
    return Query.boolean_query(parts)


def _all_words(schema: tantivy.Schema, asked: list[str]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, _word(schema, word)) for word in asked])


def _most_words(schema: tantivy.Schema, asked: list[str]) -> tantivy.Query:
    """At least two thirds of the words, for people who say more than the title does."""
    parts = [(tantivy.Occur.Should, _word(schema, word)) for word in asked]
    return tantivy.Query.boolean_query(parts, minimum_number_should_match=max(1, -(-2 * len(asked) // 3)))


def _similar_words(schema: tantivy.Schema, asked: list[str]) -> tantivy.Query:
    """Each word with one letter wrong, for typing mistakes."""
    parts = []
    for word in asked:
        either = [
            (tantivy.Occur.Should, tantivy.Query.fuzzy_term_query(schema, name, word, distance=1))
            for name in ("name", "also")
        ]
        parts.append((tantivy.Occur.Should, tantivy.Query.boolean_query(either)))
    return tantivy.Query.boolean_query(parts, minimum_number_should_match=max(1, -(-2 * len(asked) // 3)))
