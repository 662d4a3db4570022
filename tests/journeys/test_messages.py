"""Pages about messages and the counter in a browser: what a person sees of what was told, every page checked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.test_birth_registration import check_page
from tests.journeys.test_catalog_keeping import person
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.mark.parametrize("width", [360, pytest.param(1366, marks=pytest.mark.long)])
def test_every_page_about_messages_is_accessible(browser: Browser, stack: Stack, width: int) -> None:
    keeper = person(browser, stack, "quantri", width)
    keeper.goto("/quan-tri/mau-tin?viec=case.accepted&kenh=sms")
    check_page(keeper)
    keeper.get_by_label("Nội dung").fill("Ho so {reference}: {title}.")
    keeper.get_by_label("Gửi thử đến").fill("0988 111 220")  # a phone without Zalo
    keeper.get_by_role("button", name="Xem trước").click()
    check_page(keeper)
    expect(keeper.get_by_text("Ho so H37.21-260310-0001: Da tiep nhan.")).to_be_visible()
    keeper.get_by_role("button", name="Gửi thử").click()
    operator = person(browser, stack, "vanhanh", width)
    operator.goto("/quan-tri/tin-nhan")
    check_page(operator)
    operator.get_by_label("Tìm theo mã hồ sơ").fill("0988111220")
    operator.get_by_role("button", name="Tìm").click()
    operator.locator("main table a").last.click()
    check_page(operator)
    for _ in range(50):  # the timetable sends it, the provider reports
        if operator.get_by_text("Đã đến", exact=True).count():
            break
        operator.wait_for_timeout(400)
        operator.reload()
    expect(operator.get_by_text("Đã đến", exact=True)).to_be_visible()
    citizen = person(browser, stack, "congdan", width)
    citizen.goto("/bao-tin")
    check_page(citizen)
    citizen.get_by_role("button", name="Lưu").click()
    expect(citizen.get_by_text("Đã lưu cách báo tin.")).to_be_visible()
    officer = person(browser, stack, "motcua", width)
    officer.goto("/can-bo/tai-quay?q=khai sinh")
    check_page(officer)
    officer.get_by_role("link", name="Đăng ký khai sinh", exact=True).click()
    expect(officer.get_by_label("Nhập giúp người dân tại quầy")).to_be_checked()
