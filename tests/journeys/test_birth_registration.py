"""The main job in a browser: a citizen on a phone and at a desktop, officers at their desks, every page checked."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from portal.runtime.demo import PASSWORD
from tests.support import story
from tests.support.answers import BIRTH, PDF
from tests.support.stack import ROOT, Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]

SCREENSHOT = ROOT / "docs" / "images" / "trang-dau.png"
_axe = Axe()
# Every element with its attributes and whether it has words; numbers and what differs from visit to visit left out.
BUILT = """() => [...document.querySelectorAll('*')].map(e => e.tagName + [...e.attributes].map(a =>
  a.name + (['value', 'href', 'src', 'action', 'formaction', 'content', 'd', 'datetime'].includes(a.name) ||
  a.name.startsWith('data-') ? '' : a.value.replace(/\\d+/g, '#'))).join() +
  (e.firstChild && e.firstChild.nodeType === 3 && e.firstChild.data.trim() ? '+' : '')).join('|')"""
_looked_at: set[tuple[int, str]] = set()


def check_page(page: Page) -> None:
    """No axe violation, nothing wider than the screen, nothing from another host.

    A page that is built exactly like one that was looked at, only with other numbers and words, is not again.
    """
    built = (page.viewport_size["width"] if page.viewport_size else 0, page.evaluate(BUILT))
    if built not in _looked_at:
        found = _axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        _looked_at.add(built)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} is too wide"
    hosts = page.evaluate("performance.getEntriesByType('resource').map(r => new URL(r.name).host)")
    assert set(hosts) <= {re.sub(r"^https?://", "", page.evaluate("location.origin"))}


def click(page: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    """Click what leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.locator("main").get_by_role(role, name=name, exact=True).click()


def sign_in(page: Page, login: str) -> None:
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    click(page, "Đăng nhập")


def fill_step(page: Page | Locator, values: dict[str, str]) -> None:
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        kind = field.first.evaluate("e => e.type || e.tagName")
        if kind == "radio":
            page.locator(f"[name={name}][value={value}]").check()
        elif kind == "checkbox":
            field.check()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


def test_from_search_to_the_result(stack: Stack, browser: Browser, citizen: Page, tmp_path: Path) -> None:
    citizen.goto(stack.base_url)
    check_page(citizen)
    citizen.get_by_label("Bạn cần làm thủ tục gì?").fill("dang ky khai sinh")
    with citizen.expect_navigation():
        citizen.keyboard.press("Enter")
    check_page(citizen)
    with citizen.expect_navigation():
        citizen.locator("main .card a").first.click()
    expect(citizen.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh")
    check_page(citizen)
    click(citizen, "Nộp hồ sơ trực tuyến", "link")
    check_page(citizen)
    sign_in(citizen, "congdan")
    check_page(citizen)
    citizen.get_by_label("Cơ quan tiếp nhận").select_option(label="Ủy ban nhân dân phường Tam Thanh")
    click(citizen, "Bắt đầu")
    for key, values in BIRTH.items():
        check_page(citizen)
        if key == "child":  # a mistake first: it is told at the field and nothing is lost
            fill_step(citizen, {**values, "child_born_on": "31/02/2026"})
            click(citizen, "Lưu và tiếp tục")
            expect(citizen.locator("#loi")).to_be_focused()
            expect(citizen.locator("[name=child_name]")).to_have_value(values["child_name"])
            check_page(citizen)
        fill_step(citizen, values)
        click(citizen, "Lưu và tiếp tục")
    check_page(citizen)
    paper = tmp_path / "giấy chứng sinh.pdf"
    paper.write_bytes(PDF)
    citizen.locator("#tep-0").set_input_files(paper)  # goes up by itself
    expect(citizen.get_by_label("Đã có tệp")).to_be_visible()
    check_page(citizen)
    click(citizen, "Tiếp tục", "link")
    check_page(citizen)
    click(citizen, "Tiếp tục", "link")
    expect(citizen.get_by_text("Nguyễn Thị Ậm Ợ")).to_be_visible()
    check_page(citizen)
    citizen.locator("#declared").check()
    citizen.get_by_role("button", name="Gửi hồ sơ").dblclick()
    expect(citizen.get_by_role("heading", name="Giấy xác nhận nộp hồ sơ")).to_be_visible()
    check_page(citizen)
    reference = citizen.url.rsplit("/", 1)[1]

    for login, button in (
        ("motcua", "Tiếp nhận hồ sơ"),
        ("chuyenvien", "Trình dự thảo"),
        ("truongphong", "Đồng ý, trình lãnh đạo"),
        ("lanhdao", "Phê duyệt"),
        ("vanthu", "Cấp số và phát hành"),
    ):
        handle(browser, stack, login, button, reference)

    citizen.goto(f"{stack.base_url}/ho-so")
    check_page(citizen)
    ready = citizen.get_by_role("button", name="Nhận kết quả (PDF)")
    for _ in range(60):
        citizen.goto(f"{stack.base_url}/ho-so/{reference}")
        if ready.is_visible():
            break
        citizen.wait_for_timeout(500)
    check_page(citizen)
    with citizen.expect_download() as download:
        ready.click()
    pdf = Path(download.value.path()).read_bytes()
    text = " ".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages)
    assert "GIẤY KHAI SINH" in text
    assert "Nguyễn Thị Ậm Ợ" in text
    citizen.goto(f"{stack.base_url}/dien-thoai-thu-nghiem")
    check_page(citizen)
    assert len(story.messages(stack.base_url, reference)) == 3


def handle(browser: Browser, stack: Stack, login: str, button: str, reference: str) -> None:
    """One officer finds the case in the queue and does their step."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    page = context.new_page()
    page.goto(f"{stack.base_url}/dang-nhap")
    sign_in(page, login)
    link = page.get_by_role("link", name=reference)
    for _ in range(60):
        if link.is_visible():
            break
        page.wait_for_timeout(500)
        page.reload()
    check_page(page)
    with page.expect_navigation():
        link.click()
    check_page(page)
    if login == "chuyenvien":
        page.get_by_label("Đồng ý giải quyết").check()
    click(page, button)
    expect(page.locator("main")).not_to_contain_text("Chưa làm được")
    check_page(page)
    context.close()


def test_the_screenshot_of_the_readme_is_made(stack: Stack, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.goto(stack.base_url)
    target = tmp_path / SCREENSHOT.name
    page.screenshot(path=target)
    assert target.stat().st_size > 10_000
    if os.environ.get("UPDATE_SCREENSHOT"):  # make screenshot
        SCREENSHOT.write_bytes(target.read_bytes())
    page.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/thu-tuc",
        "/thu-tuc?q=xyzzy",
        "/thu-tuc?q=ho+tich&cap=commune",
        "/viec/sinh-con",
        "/thu-tuc/1.001193",
        "/thu-tuc/1.001686",
        "/tra-cuu",
        "/dang-nhap",
        "/khong-co",
    ],
)
@pytest.mark.parametrize("width", [320, pytest.param(1366, marks=pytest.mark.long)])
def test_public_pages_are_accessible_and_fit(stack: Stack, browser: Browser, path: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(stack.base_url + path)
    check_page(page)
    page.close()


def test_the_form_works_without_javascript(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{stack.base_url}/thu-tuc/1.001686/nop-ho-so")
    sign_in(page, "congdan")
    page.get_by_label("Sở Nông nghiệp và Môi trường").check()
    click(page, "Bắt đầu")
    click(page, "Lưu và tiếp tục")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cơ sở buôn bán")
    context.close()


def test_suggestions_on_a_phone_by_keyboard_and_touch(stack: Stack, phone: Page) -> None:
    phone.goto(stack.base_url)
    phone.get_by_label("Bạn cần làm thủ tục gì?").press_sequentially("dang ki ket h")
    first = phone.locator(".suggestions a").first
    expect(first).to_have_text("Đăng ký kết hôn")
    check_page(phone)
    phone.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    phone.keyboard.press("Escape")
    expect(phone.locator(".suggestions")).to_be_hidden()
    phone.get_by_label("Bạn cần làm thủ tục gì?").press_sequentially("on")
    with phone.expect_navigation():
        first.tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Đăng ký kết hôn")


def test_everything_can_be_reached_by_keyboard(stack: Stack, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(stack.base_url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Đến nội dung chính"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.close()
