"""What people say, read as official words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services_catalog.ranking import Title
from services_catalog.reference import PhraseSynonym
from services_catalog.text import Word, accented_words


@dataclass(frozen=True)
class _Phrase:
    said: tuple[Word, ...]
    means: tuple[Word, ...]
    # Typed without accents it could be another word that the catalogue has: "bo" is "bộ" as well as "bò".
    is_ambiguous: bool


class PhraseTable:
    """The synonyms, ready to be applied to questions."""

    def __init__(self, phrases: Iterable[PhraseSynonym], titles: Iterable[Title]):
        forms: dict[str, set[str]] = {}
        for title in titles:
            for word, written in title.forms.items():
                forms.setdefault(word, set()).update(written)
        self._by_first_word: dict[str, list[_Phrase]] = {}
        for phrase in phrases:
            for say in phrase.say:
                said = tuple(accented_words(say, is_typed=True))
                if said:
                    made = _Phrase(said, tuple(accented_words(phrase.means)), _is_ambiguous(said, forms))
                    self._by_first_word.setdefault(said[0].plain, []).append(made)
        for listed in self._by_first_word.values():
            listed.sort(key=lambda phrase: -len(phrase.said))

    def readings(self, asked: list[Word]) -> list[list[Word]]:
        """The words as typed, and with what people say put into official words."""
        official: list[Word] = []
        position = 0
        while position < len(asked):
            found = self._at(asked, position)
            official += found.means if found else [asked[position]]
            position += len(found.said) if found else 1
        return [asked] if official == asked else [asked, official]

    def _at(self, asked: Sequence[Word], position: int) -> _Phrase | None:
        candidates = self._by_first_word.get(asked[position].plain, ())
        return next((p for p in candidates if _says(asked[position : position + len(p.said)], p)), None)


def _says(words: Sequence[Word], phrase: _Phrase) -> bool:
    if [word.plain for word in words] != [word.plain for word in phrase.said]:
        return False
    if not any(word.marks for word in words):
        return not phrase.is_ambiguous
    pairs = zip(words, phrase.said, strict=True)
    return all(
        word.marks == said.marks or not (word.marks and said.marks) or _is_abbreviation(said) for word, said in pairs
    )


def _is_abbreviation(word: Word) -> bool:
    """ "gcnqsdđ" is also typed "gcnqsdd"."""
    return not set("aeiou") & set(word.plain)


def _is_ambiguous(said: Sequence[Word], forms: dict[str, set[str]]) -> bool:
    return len(said) == 1 and bool(forms.get(said[0].plain, set()) - {said[0].marks or "".join(sorted(said[0].plain))})
