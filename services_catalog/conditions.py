"""Conditions as data: "field = a, b" or "field != a". Stages, steps and questions apply only where theirs holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import StringConstraints

_CONDITION = re.compile(r"^(?P<field>[a-z0-9_]+) (?P<sign>=|!=) (?P<values>\S.*)$")

ConditionText = Annotated[str, StringConstraints(pattern=_CONDITION)]


@dataclass(frozen=True)
class Condition:
    """Holds if the fact `field` is one of `values`, or with `is_equal` False none of them. Absent facts are empty."""

    field: str
    is_equal: bool
    values: tuple[str, ...]

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True if it holds for these facts. A fact with several values holds by any of them."""
        fact = facts.get(self.field)
        given = fact if isinstance(fact, list | tuple) else [fact]
        return any(_text(value) in self.values for value in given) is self.is_equal


@lru_cache(maxsize=4096)
def condition(text: str) -> Condition:
    """The condition that `text` says. Raises `ValueError`."""
    found = _CONDITION.match(text)
    if found is None:
        raise ValueError(f"not a condition: {text}")
    values = tuple(value.strip() for value in found["values"].split(","))
    return Condition(found["field"], found["sign"] == "=", values)


def holds(text: str | None, facts: Mapping[str, Any]) -> bool:
    """True if there is no condition, or it holds for these facts."""
    return text is None or condition(text).holds(facts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)
