"""Values of a form that follow from others: "words born_on", "sum members.capital", "count members"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from services_catalog.number_words import day_in_words, money_in_words


def computed(rule: str, values: Mapping[str, Any]) -> str | None:
    """What `rule` gives for these values, or None where they are not there yet. Raises `KeyError`: no such rule."""
    name, _, what = rule.partition(" ")
    return _RULES[name](what.strip(), values)


def mistake_in(rule: str, questions: Mapping[str, str], rows: Mapping[str, Mapping[str, str]]) -> str | None:
    """What is wrong with a rule; `questions` has the kind of each question, `rows` those within each table."""
    name, _, what = rule.partition(" ")
    table, _, column = what.strip().partition(".")
    if name not in _RULES:
        return f"Không có cách tính “{name}”."
    needed = {"words": "date", "money_words": "money"}.get(name)
    if needed and questions.get(what.strip()) != needed:
        return f"“{rule}” cần một mục loại {needed}."
    if not needed and (table not in rows or (name == "sum" and rows[table].get(column) not in ("money", "number"))):
        return f"“{rule}” cần một bảng và một cột số."
    return None


def _words(name: str, values: Mapping[str, Any]) -> str | None:
    return day_in_words(date.fromisoformat(values[name])) if values.get(name) else None


def _money_words(name: str, values: Mapping[str, Any]) -> str | None:
    return money_in_words(values[name]) if values.get(name) is not None else None


def _sum(what: str, values: Mapping[str, Any]) -> str | None:
    table, _, column = what.partition(".")
    numbers = [row[column] for row in values.get(table) or [] if row.get(column) is not None]
    return f"{sum(numbers):,}".replace(",", ".") if numbers else None


def _count(table: str, values: Mapping[str, Any]) -> str | None:
    return str(len(values[table])) if values.get(table) else None


_RULES: dict[str, Callable[[str, Mapping[str, Any]], str | None]] = {
    "words": _words,
    "money_words": _money_words,
    "sum": _sum,
    "count": _count,
}
