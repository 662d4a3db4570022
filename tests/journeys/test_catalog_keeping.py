"""Keeping the catalogue in a browser: an editor, a second person, and the citizen who sees the change."""

from __future__ import annotations

import pytest
from playwright._impl._api_structures import StorageState
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_birth_registration import check_page, click, sign_in
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
CODE = "1.000894"  # marriage: another procedure than the one the other journeys apply for
NEW_NAME = "Thủ tục đăng ký kết hôn (bản thử trên trình duyệt)"


# Who has signed in at a portal stays so: the session of the browser is kept for the next page of the same person.
_signed_in: dict[tuple[str, str], StorageState] = {}
_first_page: dict[tuple[str, str], str] = {}


def person(browser: Browser, stack: Stack, login: str, width: int = 1366) -> Page:
    """A signed-in person at a desk or on a phone."""
    known = _signed_in.get((stack.base_url, login))
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=stack.base_url, locale="vi-VN",
                                  storage_state=known)  # fmt: skip
    page = context.new_page()
    if known:
        page.goto("/")
        page.goto(_first_page[stack.base_url, login])
        return page
    page.goto("/dang-nhap")
    sign_in(page, login)
    _signed_in[stack.base_url, login] = context.storage_state()
    _first_page[stack.base_url, login] = page.url
    return page


@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.long)])
def test_edit_approve_see_undo(stack: Stack, browser: Browser, width: int) -> None:
    editor, approver = person(browser, stack, "bientap", width), person(browser, stack, "duyetdanhmuc", width)
    check_page(editor)
    editor.get_by_label("Tìm thủ tục để sửa").fill("ket hon")
    click(editor, "Tìm")
    click(editor, "Đăng ký kết hôn", "link")
    check_page(editor)
    click(editor, "Soạn phiên bản mới")
    while (closed := editor.locator("details.editor:not([open]) > summary")).count():
        closed.first.click()
    check_page(editor)
    with editor.expect_navigation():
        editor.get_by_role("button", name="Thêm phí").click()
    expect(editor.locator("#dong-fees-0")).to_be_in_viewport()
    editor.get_by_label("Số tiền (đồng)").fill("8")
    editor.locator("#muc-chung > summary").click()
    editor.get_by_label("Tên thủ tục").fill(NEW_NAME)
    click(editor, "Lưu và xem thay đổi")
    check_page(editor)
    expect(editor.get_by_role("alert")).to_contain_text("Phí, lệ phí, dòng 1: Số tiền tính bằng đồng")
    editor.get_by_label("Số tiền (đồng)").fill("8.000")
    click(editor, "Lưu và xem thay đổi")
    expect(editor.locator("ins").first).to_have_text(NEW_NAME)
    check_page(editor)
    click(editor, "Gửi duyệt")
    expect(editor.get_by_text("Người soạn không tự duyệt")).to_be_visible()
    approver.goto(editor.url)
    check_page(approver)
    click(approver, "Duyệt và công bố")
    citizen = browser.new_context(viewport={"width": width, "height": 740}, base_url=stack.base_url).new_page()
    citizen.goto(f"/thu-tuc/{CODE}")
    expect(citizen.get_by_role("heading", level=1)).to_contain_text("bản thử trên trình duyệt")
    check_page(citizen)
    click(citizen, "Danh sách chuẩn bị để in", "link")
    check_page(citizen)
    approver.get_by_text("Hoàn tác phiên bản này").first.click()
    approver.get_by_label("Lý do hoàn tác").fill("Chỉ là bản thử")
    click(approver, "Hoàn tác phiên bản này")
    citizen.goto(f"/thu-tuc/{CODE}")
    expect(citizen.get_by_role("heading", level=1)).to_have_text("Đăng ký kết hôn")
    for page in (editor, approver, citizen):
        page.context.close()


@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.long)])
def test_every_page_of_the_keepers_is_accessible(stack: Stack, browser: Browser, width: int) -> None:
    page = person(browser, stack, "bientap", width)
    page.goto("/thu-tuc?q=zzxxqq")
    for path in ("thu-tuc/moi", "san-sang", "nhap-xuat", "tim-kiem"):
        page.goto(f"/quan-tri/{path}")
        check_page(page)
    page.context.close()


def test_browsing_and_sharing_on_a_phone(stack: Stack, phone: Page) -> None:
    for path in ("/thu-tuc/theo/linh-vuc", "/thu-tuc/theo/co-quan", "/thu-tuc/theo/doi-tuong"):
        phone.goto(stack.base_url + path)
        check_page(phone)
    errors: list[str] = []
    phone.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    phone.goto(f"{stack.base_url}/thu-tuc/{CODE}")
    phone.wait_for_function("document.querySelector('.share img').naturalWidth > 0")
    expect(phone.get_by_role("button", name="In trang này")).to_be_visible()
    assert errors == []  # the data block for search engines is no script to the browser's policy
