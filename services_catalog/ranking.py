"""Which of the engine's candidates says best what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services_catalog.text import search_words


@dataclass(frozen=True)
class Title:
    """A name of a procedure, taken apart once."""

    words: tuple[str, ...]
    set: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, text: str) -> Title:
        """The title of a name."""
        asked = tuple(search_words(text))
        return cls(asked, frozenset(asked), frozenset(pairwise(asked)))


def rank(
    hits: Sequence[tuple[float, str]],
    readings: Sequence[Sequence[str]],
    titles: Mapping[str, Sequence[Title]],
    ranks: Mapping[str, int | None],
) -> list[str]:
    """The codes of `hits` (score, code), best first.

    Closeness of the query to one of a procedure's names counts most, then the engine's own score, then
    how common the procedure is. Everything is between 0 and 1 before it is weighed.
    """
    if not hits:
        return []
    top = max(score for score, _ in hits)
    asked = [Title.of(" ".join(reading)) for reading in readings]

    def worth(hit: tuple[float, str]) -> float:
        score, code = hit
        closest = max(_closeness(question, title) for question in asked for title in titles[code])
        place = ranks[code]
        common = 0.0 if place is None else 1 - place / 200
        return 3.0 * closest + 1.0 * score / top + 0.4 * common

    return [code for _, code in sorted(hits, key=lambda hit: -worth(hit))]


def _closeness(question: Title, title: Title) -> float:
    """1 for the same words in the same order; less for other words in between, missing or added."""
    if question.words == title.words:
        return 1.0
    shared = len(question.set & title.set)
    if not shared:
        return 0.0
    asked = shared / len(question.set)
    said = shared / len(title.set)
    pairs = len(question.pairs & title.pairs) / len(question.pairs) if question.pairs else asked
    return 0.5 * asked + 0.2 * said + 0.25 * pairs
