"""Vietnamese text: one normal form, and the accent-free form that people type."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"[^\W_][\w.]*")
_NOT_WORD = re.compile(r"[^a-z0-9.]+")
# What databases, XML or UTF-8 refuse: control characters that are not white space, halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff\ufffe\uffff]")


def nfc(text: str) -> str:
    """`text` in Unicode NFC, runs of white space made one space, ends trimmed, what cannot be stored dropped."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _UNSTORABLE.sub("", text))).strip()


def nfc_lines(text: str) -> str:
    """Like `nfc`, but line breaks stay: for text of several lines."""
    return "\n".join(nfc(line) for line in text.splitlines()).strip()


def short_name(name: str) -> str:
    """A procedure's name as people say it: without the leading "Thủ tục"."""
    short = name.removeprefix("Thủ tục ").strip()
    return short[:1].upper() + short[1:]


def fold(text: str) -> str:
    """`text` in lower case without tone or vowel marks: "Đăng ký" → "dang ky".

    `đ` is mapped by hand because Unicode does not decompose it. Marks are dropped after
    decomposition, so both tone placements ("hoà", "hòa") and NFC/NFD input give one form.
    """
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def search_words(text: str) -> list[str]:
    """The words of `text` as search compares them: folded, with y written as i ("đăng ký" is "đăng kí")."""
    return [word if word[0].isdigit() else word.replace("y", "i") for word in words(text)]


@dataclass(frozen=True)
class Word:
    """A word as it is searched, and as it was written.

    `marks` is the same for both places a tone mark may stand ("hoà", "hòa"); it is empty where nothing is
    known of the accents, because the whole text was typed without any or the word is a repaired one.
    """

    plain: str
    marks: str = ""


def accented_words(text: str, *, is_typed: bool = False) -> list[Word]:
    """The words of `text` with what its accents tell: nothing where a person typed the whole without any."""
    written = nfc(text).lower()
    has_accents = not is_typed or fold(written) != written
    found = []
    for token in _TOKEN.findall(written):
        plain = search_words(token)
        marks = _marks(token) if has_accents and len(plain) == 1 else ""
        found += [Word(part, marks) for part in plain]
    return found


def _marks(word: str) -> str:
    """The letters and marks of a word in a fixed order."""
    return "".join(sorted(unicodedata.normalize("NFD", word.strip(".")).replace("y", "i")))


def words(text: str) -> list[str]:
    """The folded words of `text`, in order; a code such as "1.001193" stays one word."""
    return [word.strip(".") for word in _NOT_WORD.split(fold(text)) if word.strip(".")]
