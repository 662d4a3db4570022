"""Finding a procedure from what people type, on tantivy.

The engine finds candidates; ours are the Vietnamese normalisation, the spelling repair, what people say
for official words (`data/synonyms.yml`), and the ranking of the best candidates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import tantivy

from services_catalog.phrases import PhraseTable
from services_catalog.ranking import Ranker, Title
from services_catalog.reference import PhraseSynonym
from services_catalog.spelling import Speller
from services_catalog.text import Word, accented_words, fold, search_words, short_name

_CODE = re.compile(r"^\d\.\d{6}(?=\.|$)")
_BOOSTS = {"name": 3.0, "also": 4.0, "result": 1.0, "sector": 1.0}
# How many of the engine's best are ranked by our own rules; fixed, so that pages fit together.
_RANKED = 40
_LONGEST_QUERY = 14
# The engine offers whatever has this share of the words; how many are told of depends on the best of them.
_OFFERED, _LEVELS = 0.3, (0.7, 0.5)
# No answer: less than this share of the words, and not even so many of a long question.
_LEAST, _ENOUGH_WORDS = 0.34, 3
# Said around the matter itself: dropped unless nothing else is left. Folded, with i for y.
_NOISE = tuple(
    phrase.split()
    for phrase in (
        "thu tuc", "ho so", "lam the nao", "nhu the nao", "the nao", "nhu nao", "lam sao", "ra sao", "o dau",
        "o cho nao", "can nhung gi", "can giai to gi", "giai to gi", "can gi", "la gi", "bao nhieu tien",
        "het bao nhieu", "mat bao lau", "bao lau", "truc tuien", "qua mang", "online", "cach", "huong dan", "muon",
        "cho toi hoi", "toi", "minh", "xin", "nop", "giup", "duoc khong", "co phai", "phai khong", "can phai",
        "thi phai", "nhe", "ah", "va", "nua", "vai",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What is searched of one procedure. `rank` is 0 for the commonest, None for all that are not common."""

    code: str
    name: str
    sector: str
    results: str = ""
    also: tuple[str, ...] = ()
    rank: int | None = None
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """One page of results: codes, best first; how many in all; the words to highlight; the repaired query."""

    total: int
    codes: list[str]
    words: frozenset[Word] = frozenset()
    corrected: str | None = None


class CatalogIndex:
    """An index in memory; build a new one when the catalogue changes."""

    def __init__(self, entries: Iterable[Entry], phrases: Sequence[PhraseSynonym] = ()):
        self._entries = {entry.code: entry for entry in entries}
        texts = [text for entry in self._entries.values() for text in (entry.name, entry.sector, *entry.also)]
        self._speller = Speller([*texts, *(text for phrase in phrases for text in (*phrase.say, phrase.means))])
        titles = {
            code: tuple(Title.of(name) for name in (short_name(entry.name), *entry.also))
            for code, entry in self._entries.items()
        }
        self._ranker = Ranker(titles, {code: entry.rank for code, entry in self._entries.items()})
        self._phrases = PhraseTable(phrases, (title for listed in titles.values() for title in listed))
        self._words = {code: frozenset(_all_words(entry)) for code, entry in self._entries.items()}
        self._schema = _schema({name for entry in self._entries.values() for name in entry.facets})
        self._index = tantivy.Index(self._schema)
        writer = self._index.writer(heap_size=30_000_000, num_threads=1)
        for entry in self._entries.values():
            writer.add_document(_document(entry))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    @property
    def sector_names(self) -> dict[str, str]:
        """Official names of sectors by their facet value."""
        return {value: entry.sector for entry in self._entries.values() for value in entry.facets.get("sector", ())}

    def __len__(self) -> int:
        return len(self._entries)

    def code_in(self, query: str) -> str | None:
        """The national code if `query` is one ("1.001193", "1.001193.000.00.00.H37") that is in the index."""
        match = _CODE.match(query.strip())
        return match[0] if match and match[0] in self._entries else None

    def search(
        self, query: str, *, limit: int = 20, offset: int = 0, filters: Mapping[str, str] | None = None
    ) -> Found:
        """Procedures for `query` that have all of `filters`; every one, the common first, for an empty query."""
        if code := self.code_in(query):
            return Found(1, [code][offset : offset + limit])
        asked = _without_noise(accented_words(query, is_typed=True))[:_LONGEST_QUERY]
        if not asked:
            if query.strip():
                return Found(0, [])  # nothing but signs
            return self._all(limit, offset, filters or {})
        repaired, corrected = self._speller.repair(asked)
        readings = self._phrases.readings(repaired)
        closeness: dict[str, float] = {}
        # Without filters, so that they narrow what was found and never let in more.
        best = self._run(readings, _OFFERED, 1, 0, {}, closeness).codes
        needed = self._level(best[0], readings) if best else None
        if needed is None:
            return Found(0, [])
        found = self._run(readings, needed, limit, offset, filters or {}, closeness)
        return Found(found.total, found.codes, found.words, corrected)

    def guess(self, query: str, *, limit: int = 3) -> list[str]:
        """The likeliest codes for a query that finds nothing: whatever shares any of its words."""
        asked = _without_noise(accented_words(query, is_typed=True))[:_LONGEST_QUERY]
        if not asked:
            return []
        readings = self._phrases.readings(self._speller.repair(asked)[0])
        return self._run(readings, 0.01, limit, 0, {}, {}).codes

    def _level(self, code: str, readings: list[list[Word]]) -> float | None:
        """The share of the words that others must have to be told of beside the best, or None if it is no answer."""
        words = self._words[code]
        found = [sum(word.plain in words for word in reading) for reading in readings]
        share = max(count / len(reading) for count, reading in zip(found, readings, strict=True))
        if share < _LEAST and max(found) < _ENOUGH_WORDS:
            return None
        return next((level for level in _LEVELS if share >= level), _OFFERED)

    def facets(self, query: str, filters: Mapping[str, str] | None = None) -> dict[str, Counter[str]]:
        """How many results each value of each facet has, among all results of `query`."""
        codes = self.search(query, limit=len(self._entries), filters=filters).codes
        counts: dict[str, Counter[str]] = {}
        for code in codes:
            for name, values in self._entries[code].facets.items():
                counts.setdefault(name, Counter()).update(values)
        return counts

    def _enough(self, wanted: int) -> int:
        """How many hits to ask the engine for: it makes room for all of them, so never more than there are."""
        return max(1, min(max(wanted, _RANKED), len(self._entries)))

    def _all(self, limit: int, offset: int, filters: Mapping[str, str]) -> Found:
        chosen = [e for e in self._entries.values() if all(v in e.facets.get(n, ()) for n, v in filters.items())]
        ordered = sorted(chosen, key=lambda e: (e.rank is None, e.rank or 0, fold(e.name)))
        return Found(len(ordered), [entry.code for entry in ordered[offset : offset + limit]])

    def _run(
        self, readings: list[list[Word]], needed: float, limit: int, offset: int, filters: Mapping[str, str],
        closeness: dict[str, float],
    ) -> Found:  # fmt: skip
        Occur = tantivy.Occur
        plain = [[word.plain for word in reading] for reading in readings]
        either = [(Occur.Should, _most_words(self._schema, reading, needed)) for reading in plain]
        must = [(Occur.Must, tantivy.Query.boolean_query(either))]
        must += [(Occur.Must, tantivy.Query.term_query(self._schema, f"facet_{n}", v)) for n, v in filters.items()]
        searcher = self._index.searcher()
        result = searcher.search(tantivy.Query.boolean_query(must), limit=self._enough(offset + limit), count=True)
        hits = [(score, searcher.doc(address)["code"][0]) for score, address in result.hits]
        questions = [Title.of_words(reading) for reading in readings]
        best = self._ranker.rank(hits[:_RANKED], questions, closeness)
        codes = [*best, *(code for _, code in hits[_RANKED:])]
        total: int = result.count  # type: ignore[attr-defined]  # missing in the stubs
        return Found(total, codes[offset : offset + limit], frozenset(word for reading in readings for word in reading))


def _all_words(entry: Entry) -> list[str]:
    return search_words(" ".join((entry.name, entry.sector, entry.results, *entry.also)))


def _without_noise(asked: list[Word]) -> list[Word]:
    left = list(asked)
    for phrase in _NOISE:
        for start in range(len(left) - len(phrase), -1, -1):
            if [word.plain for word in left[start : start + len(phrase)]] == phrase:
                del left[start : start + len(phrase)]
    return left or asked


def _schema(facets: set[str]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("code", stored=True, tokenizer_name="raw")
    for name in _BOOSTS:
        builder.add_text_field(name, tokenizer_name="whitespace")
    for name in sorted(facets):
        builder.add_text_field(f"facet_{name}", tokenizer_name="raw")
    return builder.build()


def _document(entry: Entry) -> tantivy.Document:
    texts = {
        "name": entry.name,
        "also": " ".join(entry.also),
        "result": entry.results,
        "sector": entry.sector,
    }
    fields = {name: [" ".join(search_words(text))] for name, text in texts.items()}
    facets = {f"facet_{name}": list(values) for name, values in entry.facets.items()}
    return tantivy.Document(code=[entry.code], **fields, **facets)


def _word(schema: tantivy.Schema, word: str) -> tantivy.Query:
    """One word in any of the fields, each with its weight."""
    Query = tantivy.Query
    parts = [
        (tantivy.Occur.Should, Query.boost_query(Query.term_query(schema, name, word), weight))
        for name, weight in _BOOSTS.items()
    ]
    return Query.boolean_query(parts)


def _most_words(schema: tantivy.Schema, asked: list[str], needed: float) -> tantivy.Query:
    """At least the share `needed` of the words."""
    parts = [(tantivy.Occur.Should, _word(schema, word)) for word in asked]
    least = min(max(1, -(-int(needed * 100) * len(asked) // 100)), _ENOUGH_WORDS if needed == _OFFERED else len(asked))
    return tantivy.Query.boolean_query(parts, minimum_number_should_match=least)
