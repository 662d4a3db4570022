"""Vietnamese text: one normal form, and the accent-free form that people type."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")
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


def words(text: str) -> list[str]:
    """The folded words of `text`, in order; a code such as "1.001193" stays one word."""
    return [word.strip(".") for word in _NOT_WORD.split(fold(text)) if word.strip(".")]
