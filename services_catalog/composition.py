"""A good form for a procedure that has none of its own: put together from who applies, what is asked, the sector."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pydantic import Field

from services_catalog.blocks import Blocks, FormSource, StepSource
from services_catalog.form import Form
from services_catalog.model import Procedure
from services_catalog.record import Key, Record, Text
from services_catalog.terms import Audience
from services_catalog.text import Word, accented_words

_PEOPLE = frozenset({Audience.CITIZEN, Audience.OVERSEAS_VIETNAMESE, Audience.FOREIGNER, Audience.OFFICIAL})


class Part(Record):
    """A step of the blocks file, for procedures whose name has one of these phrases, in one of these sectors."""

    step: Key
    phrases: tuple[Text, ...] = ()
    sectors: tuple[Key, ...] = ()
    not_phrases: tuple[Text, ...] = ()

    def fits(self, procedure: Procedure) -> bool:
        """True if the procedure needs this step."""
        name = _words(procedure.short_name)
        if self.sectors and procedure.sector not in self.sectors:
            return False
        return (not self.phrases or _has_any(name, self.phrases)) and not _has_any(name, self.not_phrases)


class Composition(Record):
    """The rules: of each group the first part that fits is taken, so the order within a group is the order of choice.

    `people`, `organizations` and `both` are the first step, by who may apply; `last` is always asked.
    """

    title: Text
    people: Key
    organizations: Key
    both: Key
    groups: tuple[tuple[Part, ...], ...] = Field(min_length=1)
    last: Key

    def form(self, procedure: Procedure, blocks: Blocks) -> Form:
        """The form of a procedure."""
        chosen = [next((part.step for part in group if part.fits(procedure)), None) for group in self.groups]
        steps = [self._first(procedure), *dict.fromkeys(step for step in chosen if step), self.last]
        return blocks.form(FormSource(title=self.title, steps=tuple(StepSource(step=step) for step in steps)))

    def steps(self) -> Iterable[str]:
        """Every step that the rules name."""
        yield from (self.people, self.organizations, self.both, self.last)
        yield from (part.step for group in self.groups for part in group)

    def _first(self, procedure: Procedure) -> str:
        audiences = set(procedure.audiences)
        if audiences and audiences <= _PEOPLE:
            return self.people
        return self.organizations if audiences and not audiences & _PEOPLE else self.both


@lru_cache(maxsize=10_000)
def _words(text: str) -> tuple[Word, ...]:
    """Each name is compared with all phrases, and each phrase with all names."""
    return tuple(accented_words(text))


def _has_any(name: tuple[Word, ...], phrases: tuple[str, ...]) -> bool:
    """True if the words of a phrase stand in the name one after the other, with their accents: "hủy" is not "huy"."""
    return any(_stands_in(_words(phrase), name) for phrase in phrases)


def _stands_in(phrase: tuple[Word, ...], name: tuple[Word, ...]) -> bool:
    return any(name[at : at + len(phrase)] == phrase for at in range(len(name) - len(phrase) + 1))
