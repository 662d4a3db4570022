"""Repairs what was typed against the words of the catalogue: "khai snh", "khaisinh" → "khai sinh"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services_catalog.syllables import is_syllable
from services_catalog.text import Word, accented_words, nfc, search_words

# Sounds that people write for each other; tried when a word is not in the catalogue.
_SOUNDS = (("tr", "ch"), ("ch", "tr"), ("s", "x"), ("x", "s"), ("gi", "d"), ("d", "gi"), ("r", "d"), ("gi", "r"))


_VOWELS = frozenset("aeiou")


class Speller:
    """Knows every word of `texts`, which words follow which, and how they are written with accents."""

    def __init__(self, texts: Iterable[str]):
        self._words: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()
        accents: dict[str, Counter[str]] = {}
        for text in texts:
            asked = search_words(text)
            self._words.update(asked)
            self._pairs.update(pairwise(asked))
            for written in nfc(text).lower().split():
                plain = search_words(written)
                if len(plain) == 1:
                    accents.setdefault(plain[0], Counter())[written.strip(".,;:()/")] += 1
        self._accents = {plain: forms.most_common(1)[0][0] for plain, forms in accents.items()}
        self._vocabulary = list(self._words)

    def repair(self, asked: list[Word]) -> tuple[list[Word], str | None]:
        """The words with unknown ones replaced by the likeliest known ones.

        Also the query to show to the person: the words as typed, the replaced ones with the accents they
        mostly have in the catalogue; None if nothing was replaced.
        """
        repaired: list[Word] = []
        shown: list[str] = []
        for position, word in enumerate(asked):
            following = asked[position + 1].plain if position + 1 < len(asked) else ""
            known = self._repair_one(word.plain, repaired[-1].plain if repaired else "", following)
            if known == [word.plain]:
                repaired.append(word)
                shown.append(word.plain)
            else:
                repaired += map(Word, known)
                shown += [self._accents.get(part, part) for part in known]
        return repaired, " ".join(shown) if repaired != asked else None

    def _repair_one(self, word: str, before: str, after: str) -> list[str]:
        if word in self._words or len(word) < 2 or not word.isalpha():
            return [word]
        # A word that the catalogue lacks may be right, or an abbreviation: replaced only where the neighbours agree.
        needs_support = is_syllable(word) or not _VOWELS & set(word)
        if not needs_support and (parts := self._split(word)):
            return parts

        def likelihood(candidate: str) -> tuple[int, int]:
            return self._pairs[before, candidate] + self._pairs[candidate, after], self._words[candidate]

        best = max(self._near(word), key=likelihood, default=word)
        return [word] if needs_support and likelihood(best)[0] == 0 else [best]

    def _near(self, word: str) -> list[str]:
        sounds = [new + word[len(old) :] for old, new in _SOUNDS if word.startswith(old)]
        near = [known for known in sounds if known in self._words]
        furthest = 1 if len(word) < 6 else 2
        close = process.extract(word, self._vocabulary, scorer=OSA.distance, score_cutoff=furthest, limit=12)
        return near + [known for known, _, _ in close if len(known) > 1]

    def _split(self, word: str) -> list[str]:
        """Two known words written as one, if they stand side by side in the catalogue."""
        cuts = ((word[:n], word[n:]) for n in range(2, len(word) - 1))
        best = max(cuts, key=lambda pair: self._pairs[pair], default=None)
        return list(best) if best and self._pairs[best] else []


def highlight(text: str, found: frozenset[Word]) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is one of the words that were searched for.

    Where the accents of a word are known they must agree: "giấy" does not mark "giải".
    """
    pieces = []
    for piece in text.split(" "):
        written = accented_words(piece)
        pieces.append((piece, bool(written) and all(word in found or Word(word.plain) in found for word in written)))
    return pieces
