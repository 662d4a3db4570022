"""Amounts in words against another way of making them: read back, and spelled by a second implementation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_catalog.number_words import in_words, money_in_words

UNITS = {"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6, "bảy": 7,
         "tám": 8, "chín": 9}  # fmt: skip
SCALES = {"nghìn": 10**3, "triệu": 10**6, "tỷ": 10**9}


def read_back(words: str) -> int:
    """The number that Vietnamese words say, by the value of each word; knows nothing of how they are made."""
    billions, total, group, ones = 0, 0, 0, 0
    for word in words.split():
        if word in UNITS:
            ones = UNITS[word]
        elif word in ("trăm",):
            group, ones = ones * 100, 0
        elif word == "mươi":
            group, ones = group + ones * 10, 0
        elif word == "mười":
            group, ones = group + 10, 0
        elif word == "linh":
            ones = 0
        elif word == "tỷ":
            billions = (billions + total + group + ones) * 10**9
            total = group = ones = 0
        else:
            total, group, ones = total + (group + ones) * SCALES[word], 0, 0
    return billions + total + group + ones


def spelled(number: int) -> str:
    """The words by the rules of school, digit by digit with every zero said, then contracted; up to 10^12."""
    if number == 0:
        return "không"
    names = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
    groups = [(number // 1000**power) % 1000 for power in range(4)]
    words = []
    for power in (3, 2, 1, 0):
        group = groups[power]
        if not group:
            continue
        hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
        part = []
        if hundreds or words:
            part += [names[hundreds], "trăm"]
        if tens == 0 and ones and part:
            part += ["linh", names[ones]]
        elif tens == 0 and ones:
            part += [names[ones]]
        elif tens:
            part += ["mười"] if tens == 1 else [names[tens], "mươi"]
            last = {1: "mốt" if tens > 1 else "một", 4: "tư" if tens > 1 else "bốn", 5: "lăm"}.get(ones, names[ones])
            part += [last] if ones else []
        words += [*part, *([("", "nghìn", "triệu", "tỷ")[power]] if power else [])]
    return " ".join(words)


@given(st.integers(0, 10**15))
def test_what_is_written_can_be_read_back(number: int) -> None:
    assert read_back(in_words(number)) == number


def test_a_large_sample_against_a_second_implementation() -> None:
    chance = random.Random(8)
    numbers = [*range(2100), *(chance.randrange(10 ** chance.randrange(1, 13)) for _ in range(50_000))]
    wrong = [number for number in numbers if in_words(number) != spelled(number)]
    assert wrong == []


@pytest.mark.parametrize(("number", "words"), [
    (8000, "Tám nghìn đồng"), (15_000, "Mười lăm nghìn đồng"), (21_000, "Hai mươi mốt nghìn đồng"),
    (104_000, "Một trăm linh bốn nghìn đồng"), (1_005_000, "Một triệu không trăm linh năm nghìn đồng"),
    (24_444, "Hai mươi tư nghìn bốn trăm bốn mươi tư đồng"), (0, "Không đồng"),
])  # fmt: skip
def test_words_that_people_write(number: int, words: str) -> None:
    assert money_in_words(number) == words
