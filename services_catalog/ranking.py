"""Which of the engine's candidates says best what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from services_catalog.text import Word, accented_words

# What is done to a paper or a right. A procedure that does something else than what was asked steps back.
_ACTIONS = tuple(
    tuple(action.split())
    for action in (
        "cap lai", "dang ki lai", "cap doi", "gia han", "thu hoi", "cham dut", "dinh chinh", "dieu chinh", "tam ngung",
        "tam dung", "dinh chi", "huy bo", "xoa", "giai the", "thay doi", "sua doi", "giam", "khoi phuc", "phuc hoi",
        "sap nhap", "cong nhan lai", "bai bo", "tra lai", "chuien doi", "mat", "hong", "rach", "het han", "doi", "sua",
        "lam lai", "xin lai", "dong cua", "nghi", "them", "bo",
    )
)  # fmt: skip
# What that costs: an action that nobody asked for, and one that was asked for and is not there.
_EXTRA, _LACKING = 0.12, 0.1
# Another word with the same letters counts for less: "bò" is not "bộ".
_OTHER_ACCENT = 0.4


@dataclass(frozen=True)
class Title:
    """A name of a procedure, or a question, taken apart once."""

    words: tuple[str, ...]
    set: frozenset[str]
    forms: Mapping[str, frozenset[str]]
    pairs: frozenset[tuple[str, str]]
    actions: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> Title:
        """The title of a name; one that is written without accents is that of any with them."""
        return cls.of_words(accented_words(text, is_typed=True))

    @classmethod
    def of_words(cls, asked: Sequence[Word]) -> Title:
        """The title of words."""
        plain = tuple(word.plain for word in asked)
        forms: dict[str, frozenset[str]] = {}
        for word in asked:
            forms[word.plain] = forms.get(word.plain, frozenset()) | {word.marks}
        return cls(plain, frozenset(plain), forms, frozenset(pairwise(plain)), _actions_in(plain))


class Ranker:
    """Orders candidates. Knows the names of every procedure, the official one first, and how common each is."""

    def __init__(self, titles: Mapping[str, Sequence[Title]], ranks: Mapping[str, int | None]):
        self._ranks = ranks
        counts: dict[str, int] = {}
        for first, *_ in titles.values():
            for word in first.set:
                counts[word] = counts.get(word, 0) + 1
        whole = log(1 + len(titles))
        # How much a word says: near 0 for words of most names, 1 for a word of one name.
        self._weights = {word: log(1 + len(titles) / count) / whole for word, count in counts.items()}
        self._titles = {
            code: [(title, sum(map(self._weight, title.set)) or 1.0) for title in listed]
            for code, listed in titles.items()
        }

    def rank(self, hits: Sequence[tuple[float, str]], questions: Sequence[Title], known: dict[str, float]) -> list[str]:
        """The codes of `hits` (score, code), best first.

        Closeness of the question to one of a procedure's names counts most, then the engine's own score, then
        how common the procedure is. Everything is between 0 and 1 before it is weighed. `known` keeps the
        closeness of each code from one call to the next for the same questions.
        """
        if not hits:
            return []
        top = max(score for score, _ in hits)
        weighed = [_Weighed(question, {word: self._weight(word) for word in question.set}) for question in questions]

        def worth(hit: tuple[float, str]) -> float:
            score, code = hit
            if code not in known:
                known[code] = self._closest(weighed, code)
            place = self._ranks[code]
            common = 0.0 if place is None else max(0.0, 1 - place / 200)
            return 3.0 * known[code] + 1.0 * score / top + 0.4 * common

        return [code for _, code in sorted(hits, key=lambda hit: -worth(hit))]

    def _weight(self, word: str) -> float:
        """The weight of a word; one that no official name has weighs as much as a rather rare one."""
        return self._weights.get(word, 0.7)

    def _closest(self, questions: Sequence[_Weighed], code: str) -> float:
        best = 0.0
        for asked in questions:
            for title, said_whole in self._titles[code]:
                shared = asked.question.set & title.set
                if shared:
                    weight = sum(asked.weights[word] for word in shared)
                    if 0.25 + 0.5 * weight / asked.whole + 0.2 * weight / said_whole > best:
                        best = max(best, _closeness(asked, title, said_whole, shared))
        return best


class _Weighed:
    """A question with the weights of its words."""

    def __init__(self, question: Title, weights: dict[str, float]):
        self.question, self.weights = question, weights
        self.whole = sum(weights.values()) or 1.0


def _closeness(asked: _Weighed, title: Title, said_whole: float, shared: frozenset[str]) -> float:
    """1 for the same words in the same order; less for other words in between, missing or added."""
    question, weight = asked.question, 0.0
    for word in shared:
        typed, said = question.forms[word], title.forms[word]
        same = typed & said or "" in typed or "" in said
        weight += asked.weights[word] * (1.0 if same else _OTHER_ACCENT)
    if question.words == title.words and weight >= asked.whole - 1e-9:
        return 1.0
    share = weight / asked.whole
    pairs = len(question.pairs & title.pairs) / len(question.pairs) if question.pairs else share
    other = _EXTRA * bool(title.actions - question.actions) + _LACKING * bool(question.actions - title.actions)
    return max(0.0, 0.5 * share + 0.2 * weight / said_whole + 0.25 * pairs - other)


def _actions_in(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(
        action
        for action in _ACTIONS
        for start in range(len(words) - len(action) + 1)
        if words[start : start + len(action)] == action
    )
