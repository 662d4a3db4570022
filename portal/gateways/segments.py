"""How many SMS a text makes (3GPP TS 23.038, 23.040): seven bits a letter where they can say it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
# Units in one message, and in each part of several (the header takes the rest).
_SEVEN_BITS, _TWO_BYTES = (160, 153), (70, 67)


@dataclass(frozen=True)
class Segments:
    """What a text costs: the units it takes, how many messages it makes, and whether in two bytes a letter."""

    units: int
    parts: int
    is_unicode: bool


def segments(text: str) -> Segments:
    """Count a text."""
    is_unicode = not all(letter in _BASIC or letter in _ESCAPED for letter in text)
    return Segments(sum(_units(letter, is_unicode) for letter in text), len(split(text)), is_unicode)


def split(text: str) -> list[str]:
    """The text in parts that each fit into one message; no letter is torn apart."""
    is_unicode = not all(letter in _BASIC or letter in _ESCAPED for letter in text)
    whole, part = _TWO_BYTES if is_unicode else _SEVEN_BITS
    if sum(_units(letter, is_unicode) for letter in text) <= whole:
        return [text]
    parts, room = [""], part
    for letter in text:
        units = _units(letter, is_unicode)
        if units > room:
            parts.append("")
            room = part
        parts[-1] += letter
        room -= units
    return parts


def folded(text: str) -> str:
    """Vietnamese without its marks, and other signs as their plain ones: what every network takes."""
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return "".join(letter if letter in _BASIC or letter in _ESCAPED else "?" for letter in bare)


_SIGNS = {"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " "}


def _units(letter: str, is_unicode: bool) -> int:
    if is_unicode:
        return len(letter.encode("utf-16-be")) // 2
    return 2 if letter in _ESCAPED else 1
