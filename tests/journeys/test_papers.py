"""Papers in a browser: a template of an agency, the post, papers to and from other agencies."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.runtime.demo import AGENCY
from tests.journeys.test_birth_registration import check_page, click, fill_step
from tests.journeys.test_catalog_keeping import person
from tests.support import story
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
WIDTHS = [360, pytest.param(1366, marks=pytest.mark.long)]


def wait_until_said(page: Page, path: str, text: str) -> None:
    """Reload until the machine has done it."""
    for _ in range(120):
        page.goto(path)
        if text in page.locator("main").inner_text():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{path} never said {text!r}: {page.locator('main').inner_text()[:600]}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_template_is_tried_and_used(stack: Stack, browser: Browser, width: int) -> None:
    keeper = person(browser, stack, "quantri", width)
    keeper.goto(f"/quan-tri/mau-giay?co-quan={AGENCY}&loai=handover")
    check_page(keeper)
    source = keeper.locator("#source").input_value()
    keeper.locator("#source").fill(source + "\n#let x =")
    click(keeper, "Dùng mẫu này")
    expect(keeper.locator("main")).to_contain_text("Mẫu chưa dựng được")
    check_page(keeper)
    keeper.locator("#source").fill(source + "\nXin cảm ơn.")
    click(keeper, "Dùng mẫu này")
    expect(keeper.locator("main")).to_contain_text("Đang dùng mẫu riêng")
    check_page(keeper)
    click(keeper, "Về mẫu chung")
    expect(keeper.locator("main")).to_contain_text("Đang dùng mẫu chung")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_post_brings_the_result(stack: Stack, browser: Browser, width: int) -> None:
    _, reference = story.apply(stack.base_url)
    citizen = person(browser, stack, "congdan", width)
    citizen.goto(f"/ho-so/{reference}")
    citizen.get_by_text("Nhờ bưu điện").click()
    fill_step(citizen.locator("#buu-dien"), {"street": "Thôn 1", "phone": "123"})
    click(citizen, "Gửi đơn cho bưu điện")
    expect(citizen.locator("#bd-phone")).to_have_attribute("aria-invalid", "true")
    expect(citizen.locator("#bd-street")).to_have_value("Thôn 1")
    check_page(citizen)
    fill_step(citizen.locator("#buu-dien"), {"phone": "0912345678", "commune": "Phường Tam Thanh"})
    click(citizen, "Gửi đơn cho bưu điện")
    wait_until_said(citizen, f"/ho-so/{reference}", "Bưu điện đã nhận đơn")
    check_page(citizen)
    click(citizen, "Hủy đơn này")
    expect(citizen.locator("#buu-dien")).to_contain_text("Đã hủy")
    desk = person(browser, stack, "motcua", width)
    desk.goto(f"/can-bo/ho-so/{reference}")
    expect(desk.locator("#buu-dien")).to_contain_text("Đã hủy")
    check_page(desk)


@pytest.mark.parametrize("width", WIDTHS)
def test_papers_come_and_go(stack: Stack, browser: Browser, width: int) -> None:
    clerk = person(browser, stack, "vanthu", width)
    wait_until_said(clerk, "/can-bo/van-ban-den", "Về việc phối hợp thử nghiệm")
    check_page(clerk)
    clerk.locator("tbody a").last.click()
    check_page(clerk)
    if clerk.get_by_label("Từ chối tiếp nhận").count():  # the other width has not answered it yet
        clerk.get_by_label("Từ chối tiếp nhận").check()
        click(clerk, "Gửi trả lời")
        expect(clerk.locator("main")).to_contain_text("Hãy ghi lý do từ chối.")
        check_page(clerk)
        clerk.get_by_label("Đã tiếp nhận").check()
        click(clerk, "Gửi trả lời")
    expect(clerk.locator("main")).to_contain_text("Đã tiếp nhận")
    citizen, reference = story.apply(stack.base_url)
    story.handle(stack.base_url, reference)
    story.receive(citizen, reference)
    clerk.goto("/can-bo/van-ban-di")
    clerk.locator("tbody a").last.click()
    fill_step(clerk.locator("main"), {"organ_id": "bộ", "organ_name": "Bộ Nội vụ"})
    click(clerk, "Gửi văn bản")
    expect(clerk.locator("main")).to_contain_text("Hãy ghi mã định danh")
    check_page(clerk)
    fill_step(clerk.locator("main"), {"organ_id": "G17"})
    click(clerk, "Gửi văn bản")
    address = clerk.url
    wait_until_said(clerk, address, "Đã tiếp nhận")
    check_page(clerk)
