"""Numbers, days and money in Vietnamese words, as papers write them."""

from __future__ import annotations

from datetime import date

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu", "tỷ")


def in_words(number: int) -> str:
    """ "hai nghìn không trăm hai mươi sáu" of 2026. Raises `ValueError` below 0."""
    if number < 0:
        raise ValueError("no words for negative numbers")
    if number >= 10**9:
        billions, rest = divmod(number, 10**9)
        return f"{in_words(billions)} tỷ" + (f" {_below_billion(rest, is_first=False)}" if rest else "")
    return _below_billion(number, is_first=True) if number else _DIGITS[0]


def day_in_words(day: date) -> str:
    """ "Ngày mùng năm, tháng ba, năm hai nghìn không trăm hai mươi sáu" """
    number = f"mùng {in_words(day.day)}" if day.day <= 10 else in_words(day.day)
    return f"Ngày {number}, tháng {_month(day.month)}, năm {in_words(day.year)}"


def money_in_words(amount: int) -> str:
    """ "Một trăm năm mươi triệu đồng" """
    words = in_words(amount)
    return f"{words[:1].upper()}{words[1:]} đồng"


def _month(month: int) -> str:
    return "tư" if month == 4 else in_words(month)


def _below_billion(number: int, *, is_first: bool) -> str:
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words.append(_group(group, is_first=is_first and not words))
            words.append(_GROUPS[power])
    return " ".join(filter(None, words))


def _group(number: int, *, is_first: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [] if is_first and not hundreds else [_DIGITS[hundreds], "trăm"]
    return " ".join([*words, *_below_hundred(rest, is_alone=not words)])


def _below_hundred(number: int, *, is_alone: bool) -> list[str]:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return ([_DIGITS[ones]] if is_alone else ["linh", _DIGITS[ones]]) if ones else []
    words = ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    return [*words, *_ones(ones, tens)] if ones else words


def _ones(ones: int, tens: int) -> list[str]:
    if ones == 1 and tens > 1:
        return ["mốt"]
    if ones == 4 and tens > 1:
        return ["tư"]
    return ["lăm"] if ones == 5 else [_DIGITS[ones]]
