"""Reads the form of a page with everything that stands in it, as a browser would send it."""

from __future__ import annotations

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


def standing_in(html: str, css_class: str) -> MultiDict[str, str]:
    """The names and values of the form that has this class."""
    reader = _Reader(css_class)
    reader.feed(html)
    assert reader.found, f"no form of class {css_class}"
    return reader.values


class _Reader(HTMLParser):
    def __init__(self, css_class: str):
        super().__init__()
        self.values: MultiDict[str, str] = MultiDict()
        self.found = False
        self._css_class, self._inside = css_class, False
        self._name: str | None = None
        self._text = ""
        self._is_select = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form" and self._css_class in (known.get("class") or "").split():
            self.found = self._inside = True
        if not self._inside:
            return
        if tag == "input" and known.get("name"):
            if known.get("type") not in ("checkbox", "radio") or "checked" in known:
                self.values.add(known["name"] or "", known.get("value") or "")
        elif tag in ("textarea", "select"):
            self._name, self._text, self._is_select = known.get("name"), "", tag == "select"
        elif tag == "option" and self._name and (self._name not in self.values or "selected" in known):
            self.values[self._name] = known.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._name and not self._is_select:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._name:
            self.values.add(self._name, self._text)
            self._name = None
        elif tag == "select":
            self._name = None
