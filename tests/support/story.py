"""The main job over HTTP: from a search to a result in the citizen's hands."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from portal.runtime.demo import AGENCY, PASSWORD
from tests.support.answers import BIRTH, PDF
from tests.support.visitor import Page, Visitor

Hook = Callable[[str], None]


def apply(base_url: str) -> tuple[Visitor, str]:
    """Find the procedure, fill in the form, hand in the paper, send; returns the citizen and the case code."""
    citizen = Visitor(base_url)
    found = citizen.get("/thu-tuc?q=dang+ky+khai+sinh")
    first = next(link for link in found.links if re.fullmatch(r"/thu-tuc/[\d.]+", link))
    assert first == "/thu-tuc/1.001193"
    procedure = citizen.get(first)
    sign_in = citizen.get(procedure.link("/nop-ho-so"))
    page = citizen.send(sign_in, "", login="congdan", password=PASSWORD)
    page = citizen.send(page, "", agency=AGENCY)
    for key, values in BIRTH.items():
        assert page.url.endswith(f"/to-khai/{key}")
        page = citizen.send(page, f"/to-khai/{key}", **values)
    assert page.url.endswith("/giay-to")
    page = citizen.send(page, "/giay-to/0", files={"files": ("giấy chứng sinh.pdf", PDF)})
    assert "giấy chứng sinh.pdf" in page.text
    page = citizen.get(page.link("/le-phi"))
    page = citizen.get(page.url.replace("/le-phi", "/xem-lai"))
    assert "Nguyễn Thị Ậm Ợ" in page.text
    page = citizen.send(page, "/gui", declared="1")
    reference = page.url.rsplit("/", 1)[1]
    assert re.fullmatch(r"H37\.\d\d-\d{6}-\d{4}", reference)
    return citizen, reference


def handle(base_url: str, reference: str, hook: Hook = lambda moment: None) -> None:
    """The officers take the case from the desk to its number. `hook` is called with the name of each moment."""
    steps = (
        ("motcua", "accept", {}),
        ("chuyenvien", "propose", {"outcome": "granted", "decision": "Đăng ký theo Luật Hộ tịch."}),
        ("truongphong", "endorse", {}),
        ("lanhdao", "approve", {}),
        ("vanthu", "issue", {}),
    )
    for login, action, details in steps:
        officer = Visitor(base_url)
        officer.sign_in(login, PASSWORD)
        page = wait_for_page(officer, "/can-bo", lambda p: reference in p.text)
        page = officer.get(page.link(reference))
        if login == "motcua":  # the citizen's paper opens, whatever its name
            paper = officer.get(next(link for link in page.links if "/tep/" in link))
            assert paper.body == PDF
        hook(f"before {action}")
        officer.send(page, f"/{action}", **details)
        hook(f"after {action}")


def receive(citizen: Visitor, reference: str, seconds: float = 60) -> bytes:
    """Wait for the result and download it."""
    page = wait_for_page(citizen, f"/ho-so/{reference}", lambda p: "Nhận kết quả (PDF)" in p.text, seconds)
    pdf = citizen.send(page, "/nhan-ket-qua")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert "Đã trả kết quả" in citizen.get(f"/ho-so/{reference}").text
    return pdf.body


def wait_for_page(visitor: Visitor, path: str, ready: Callable[[Page], bool], seconds: float = 60) -> Page:
    """Reload a page until it shows what is waited for."""
    deadline = time.monotonic() + seconds
    while True:
        page = visitor.get(path)
        if ready(page):
            return page
        assert time.monotonic() < deadline, f"waited {seconds} s on {path}: {page.text[:800]}"
        time.sleep(0.2)


def messages(base_url: str, reference: str) -> list[str]:
    """What the test phone shows of the case, oldest first."""
    page = Visitor(base_url).get("/dien-thoai-thu-nghiem")
    found = re.findall(
        rf"Hồ sơ {re.escape(reference)} \(.*?\) (.*?)(?= (?:Zalo|Tin nhắn SMS|Thư điện tử) · |Ủy ban nhân dân tỉnh)",
        page.text,
    )
    return [text.strip() for text in reversed(found)]


def code_sent(base_url: str, seconds: float = 60) -> str:
    """The newest code for following a case that the test phone shows."""
    pattern = r"Ma tra cuu ho so: (\d{6})"
    page = wait_for_page(Visitor(base_url), "/dien-thoai-thu-nghiem", lambda p: re.search(pattern, p.text), seconds)
    return re.findall(pattern, page.text)[0]
