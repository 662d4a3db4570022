"""Made-up answers to any e-form: right ones, and for each input one that must be refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from services_catalog.answers import check_step
from services_catalog.conditions import holds
from services_catalog.fields import KINDS, inputs_of
from services_catalog.fields.rows import in_row
from services_catalog.form import PART, Form, FormField

_NAMES = ("Nguyễn Văn A", "Hoàng Thị Ậm", "Nông Thị Ợ", "Lý A Páo", "Vi Văn Đức")
_WORDS = ("Thôn Nà Pán", "Số 12, đường Lê Lợi", "A & B <c>", "“Đông Kinh”", "1.000 – 2.000", "=1+1", "ngày 5/9")


def right_answers(form: Form, today: date, chance: random.Random) -> dict[str, str]:
    """What a person may type who fills in everything that applies, and some of what is optional."""
    typed: dict[str, str] = {}
    known: dict[str, object] = {}
    for step in form.steps:
        if not holds(step.when, known) or (step.optional and chance.random() < 0.3):
            continue
        for question in step.fields:
            if holds(question.when, known) and (question.required or step.optional or chance.random() < 0.6):
                typed |= _answer(question, today, chance)
                known |= check_step(step, typed, today, known)[0]
    return typed


def wrong_answers(form: Form, typed: dict[str, str], values: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    """(step, input, text) of one broken input after the other, for what is asked of this person."""
    for step in form.steps:
        if not holds(step.when, values) or (step.optional and not any(q.name in values for q in step.fields)):
            continue
        for question in step.fields:
            if question.name in values and question.kind not in ("computed", "file"):
                yield from ((step.key, name, text) for name, text in _broken(question, typed))


def _answer(question: FormField, today: date, chance: random.Random) -> dict[str, str]:
    if question.kind == "rows":
        count = max(question.minimum or 1, chance.randint(1, 3))
        found = {f"{question.name}{PART}rows": str(count)}
        for number in range(count):
            found |= _row(question, number, today, chance)
        return found
    if question.kind == "address":
        return _address(question.name, chance)
    if question.kind == "land_parcel":
        return {f"{question.name}{PART}parcel": chance.choice(["125", "12a"]), f"{question.name}{PART}sheet": "7"}
    if question.kind in ("file", "computed"):
        return {}
    return {question.name: _MAKERS[question.kind](question, today, chance)}


def _row(question: FormField, number: int, today: date, chance: random.Random) -> dict[str, str]:
    found: dict[str, str] = {}
    known: dict[str, str] = {}
    for original, child in zip(question.fields, in_row(question, number), strict=True):
        if holds(original.when, known) and (original.required or chance.random() < 0.6):
            answer = _answer(child, today, chance)
            found |= answer
            known[original.name] = answer.get(child.name, "")
    return found


def _address(name: str, chance: random.Random) -> dict[str, str]:
    def of(**parts: str) -> dict[str, str]:
        return {f"{name}{PART}{part}": text for part, text in parts.items()}

    return chance.choice([
        of(province="20", commune="Phường Đông Kinh", detail=chance.choice(_WORDS)),
        of(province="20", commune="tam thanh"),
        of(province="01", commune="Phường Hoàn Kiếm", detail="Số 1", written="Quận Hoàn Kiếm"),
        of(province="abroad", detail="Bằng Tường, Quảng Tây"),
        of(province="20", written="Xã Thụy Hùng, huyện Cao Lộc"),
    ])  # fmt: skip


def _day(question: FormField, today: date, chance: random.Random) -> str:
    day = today - timedelta(days=chance.randint(1, 20_000)) if question.past else today + timedelta(days=9)
    return day.strftime(chance.choice(["%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"]))


def _several(question: FormField, today: date, chance: random.Random) -> str:
    options = list(question.options)
    return ",".join(chance.sample(options, chance.randint(1, len(options))))


def _number(question: FormField, today: date, chance: random.Random) -> str:
    low = question.minimum if question.minimum is not None else 0
    return str(chance.randint(low, min(question.maximum or low + 50, low + 50)))


_MAKERS: dict[str, Callable[[FormField, date, random.Random], str]] = {
    "text": lambda q, t, c: c.choice(_WORDS),
    "long_text": lambda q, t, c: "\n".join(c.sample(_WORDS, 2)),
    "capital_name": lambda q, t, c: "Hộ kinh doanh hồi Xứ Lạng",
    "full_name": lambda q, t, c: c.choice([*_NAMES, "NGUYỄN VĂN B", "nguyễn thị c"]),
    "citizen_id": lambda q, t, c: f"0200{c.randint(50, 99)}{c.randint(0, 999_999):06}",
    "tax_code": lambda q, t, c: c.choice(["0100109106", "0100109106-001", "020090001234"]),
    "phone": lambda q, t, c: c.choice(["0912 345 678", "+84912345678", "02053812345"]),
    "email": lambda q, t, c: "a.b@vidu.vn",
    "date": _day,
    "partial_date": lambda q, t, c: c.choice(["1980", "3/1980", "2/3/1980"]),
    "year": lambda q, t, c: str(c.randint(1930, t.year)),
    "number": _number,
    "money": lambda q, t, c: c.choice(["150.000.000", "2000000 đồng", "1000"]),
    "area": lambda q, t, c: c.choice(["125,5", "1.250", "80"]),
    "choice": lambda q, t, c: c.choice(list(q.options)),
    "choices": _several,
    "sex": lambda q, t, c: c.choice(["female", "male"]),
    "ethnicity": lambda q, t, c: c.choice(["Tày", "nung", "Kinh"]),
    "nationality": lambda q, t, c: c.choice(["Việt Nam", "trung quoc"]),
    "plate": lambda q, t, c: c.choice(["12A-123.45", "12c 1234"]),
    "business_line": lambda q, t, c: c.choice(["4711", "01190"]),
    "declaration": lambda q, t, c: "1",
}
_WRONG = {
    "text": "x" * 501, "long_text": "x" * 5001, "capital_name": "x" * 501, "full_name": "Nguyễn 5", "citizen_id": "12",
    "tax_code": "0100109107", "phone": "12", "email": "a", "date": "31/02/2020", "partial_date": "13/1980",
    "year": "20", "number": "1,5", "money": "nhiều", "area": "0", "choice": "?", "choices": "?", "sex": "?",
    "ethnicity": "Elf", "nationality": "Gondor", "plate": "ABC", "business_line": "99", "declaration": "",
}  # fmt: skip


def _broken(question: FormField, typed: dict[str, str]) -> Iterator[tuple[str, str]]:
    if question.kind == "rows":
        yield from _broken_rows(question, typed)
    elif question.kind == "address":
        yield from _broken_address(question, typed)
    elif question.kind == "land_parcel":
        yield f"{question.name}{PART}parcel", "mười hai"
        yield f"{question.name}{PART}sheet", "bảy"
    else:
        if typed.get(question.name):
            yield question.name, _WRONG[question.kind]
        if question.required:
            yield question.name, " "


def _broken_rows(question: FormField, typed: dict[str, str]) -> Iterator[tuple[str, str]]:
    for number in range(KINDS["rows"].count(question, typed)):  # type: ignore[attr-defined]
        asked = [c for c in in_row(question, number) if any(typed.get(i.name) for i in inputs_of(c, typed))]
        told = [child for child in asked if typed.get(child.name) != child.default]
        for child in asked:
            # A row of which nothing is left is no row, and an empty one is dropped.
            last = [child] == told
            yield from ((name, text) for name, text in _broken(child, typed) if text.strip() or not last)


def _broken_address(question: FormField, typed: dict[str, str]) -> Iterator[tuple[str, str]]:
    if typed.get(f"{question.name}{PART}province") == "20" and typed.get(f"{question.name}{PART}commune"):
        yield f"{question.name}{PART}commune", "Xã Không Có Thật"
        yield f"{question.name}{PART}province", "99"
        yield f"{question.name}{PART}detail", "x" * 301
