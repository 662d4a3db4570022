"""A person without a browser: fetches pages over HTTP, fills in the forms that are really there, checks every page."""

from __future__ import annotations

import io
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "path", "use"}


@dataclass
class Form:
    """A form of a page, with the values that stand in it."""

    action: str
    method: str
    is_multipart: bool
    values: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """An answer of the server."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def form(self, ending: str) -> Form:
        """The one form whose action ends so; "" is the form that is sent to the page itself."""
        posts = [(form, urlsplit(form.action).path) for form in self.forms if form.method == "post"]
        found = [form for form, path in posts if (path.endswith(ending) if ending else path == "")]
        assert len(found) == 1, (
            f"{len(found)} forms ending in {ending!r} on {self.url}: {[f.action for f in self.forms]}"
        )
        return found[0]

    def link(self, ending: str) -> str:
        """The first link whose address ends so."""
        found = [link for link in self.links if link.endswith(ending)]
        assert found, f"no link ending in {ending!r} on {self.url}"
        return found[0]


class Visitor:
    """Keeps cookies from page to page."""

    def __init__(self, base_url: str):
        self.base_url = base_url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, *, expect: int = 200) -> Page:
        """Fetch a page, following redirects."""
        return self._open(urllib.request.Request(urljoin(self.base_url, path)), expect)

    def send(
        self, page: Page, ending: str, *, files: dict[str, tuple[str, bytes]] | None = None, expect: int = 200,
        **values: str,
    ) -> Page:  # fmt: skip
        """Fill in the form of `page` whose action ends so, and send it."""
        form = page.form(ending)
        for name, value in values.items():
            assert name in form.values or name in form.options, f"{name} is not asked on {page.url}: {form.values}"
            if form.options.get(name):
                assert value in form.options[name], f"{value!r} is no option of {name}: {form.options[name][:5]}"
        data: dict[str, Any] = {k: v for k, v in {**form.values, **values}.items() if v is not None}
        url = urljoin(page.url, form.action)
        if not form.is_multipart:
            request = urllib.request.Request(url, urlencode(data).encode())
        else:
            for name, (file_name, content) in (files or {}).items():
                data[name] = FileStorage(io.BytesIO(content), file_name)
            boundary, body = encode_multipart(data)
            request = urllib.request.Request(url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        return self._open(request, expect)

    def sign_in(self, login: str, password: str) -> Page:
        """Sign in through the form."""
        return self.send(self.get("/dang-nhap"), "", login=login, password=password)

    def _open(self, request: urllib.request.Request, expect: int) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                page = Page(answer.url, answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            page = Page(error.url or "", error.code, dict(error.headers), error.read())
        assert page.status == expect, f"{request.get_method()} {request.full_url}: {page.status}\n{page.body[:3000]!r}"
        if "text/html" in page.headers.get("Content-Type", ""):
            read_page(page)
        return page


def read_page(page: Page) -> None:
    """Parse a page and check what every page must have."""
    reader = _Reader()
    reader.feed(page.body.decode())
    page.forms, page.links = reader.forms, reader.links
    page.text = re.sub(r"\s+", " ", " ".join(reader.words))
    policy = page.headers.get("Content-Security-Policy", "")
    assert policy.startswith("default-src 'none';") and "script-src 'self';" in policy and "unsafe" not in policy, (
        page.url
    )
    assert page.headers.get("X-Content-Type-Options") == "nosniff", page.url
    assert reader.lang == "vi", page.url
    assert reader.title.endswith("Cổng dịch vụ công Lạng Sơn"), page.url
    assert reader.h1 == 1, f"{reader.h1} h1 on {page.url}"
    assert not reader.inline, f"inline script or style on {page.url}: {reader.inline}"
    assert not (missing := reader.inputs - reader.labels), f"inputs without label on {page.url}: {missing}"
    assert len(reader.ids) == len(set(reader.ids)), f"ids twice on {page.url}"
    assert all(f.method == "get" or "csrf_token" in f.values for f in reader.forms), f"form without token on {page.url}"


def _unnamed(given: dict[str, str]) -> set[str]:
    """The id of an input that needs a label, unless it bears its name itself."""
    return set() if given.get("aria-label") else {given.get("id", "?")}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.ids: list[str] = []
        self.inputs: set[str] = set()
        self.labels: set[str] = set()
        self.inline: list[str] = []
        self.lang, self.title, self.h1 = "", "", 0
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag not in _VOID:
            self._open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        runs = tag == "script" and "src" not in given and given.get("type") != "application/ld+json"
        if "style" in given or any(name.startswith("on") for name in given) or runs:
            self.inline.append(tag)
        handler = getattr(self, f"_start_{tag}", None)
        if handler:
            handler(given)

    def _start_html(self, given: dict[str, str]) -> None:
        self.lang = given.get("lang", "")

    def _start_h1(self, given: dict[str, str]) -> None:
        self.h1 += 1

    def _start_a(self, given: dict[str, str]) -> None:
        self.links.append(given.get("href", ""))

    def _start_label(self, given: dict[str, str]) -> None:
        self.labels.add(given.get("for", ""))

    def _start_form(self, given: dict[str, str]) -> None:
        multipart = given.get("enctype") == "multipart/form-data"
        self._form = Form(given.get("action", ""), given.get("method", "get").lower(), multipart)
        self.forms.append(self._form)

    def _start_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind != "hidden":
            self.inputs |= _unnamed(given)
        if self._form is None or kind == "file":
            return
        name, value = given["name"], given.get("value", "")
        if kind in ("radio", "checkbox"):
            self._form.options.setdefault(name, []).append(value)
            if "checked" in given:
                self._form.values[name] = value
        else:
            self._form.values[name] = value

    def _start_select(self, given: dict[str, str]) -> None:
        self.inputs |= _unnamed(given)
        self._select = given["name"]
        if self._form:
            self._form.values.setdefault(self._select, "")

    def _start_option(self, given: dict[str, str]) -> None:
        if self._form and self._select:
            self._form.options.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given:
                self._form.values[self._select] = given.get("value", "")

    def _start_textarea(self, given: dict[str, str]) -> None:
        self.inputs |= _unnamed(given)
        self._textarea = given["name"]
        if self._form:
            self._form.values[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form:
            self._form.values[self._textarea] += data
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        if not {"script", "style", "head"} & set(self._open):
            self.words.append(data)
