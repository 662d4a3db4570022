"""Paying in a browser: by each way, with the browser closed after paying, failing and again; the accountant's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.base.clock import local_day, now
from tests.journeys.test_birth_registration import check_page, click
from tests.journeys.test_catalog_keeping import person
from tests.journeys.test_engine import act, open_up, wait_for_stage
from tests.support import story
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
WIDTHS = [360, pytest.param(1366, marks=pytest.mark.long)]


def asked_to_pay(stack: Stack, browser: Browser) -> str:
    """The code of a case whose officer asks for money."""
    _, reference = story.apply(stack.base_url)
    desk, officer = person(browser, stack, "motcua"), person(browser, stack, "chuyenvien")
    act(desk, reference, "accept")
    wait_for_stage(officer, reference, "request_payment")
    act(officer, reference, "request_payment", charge="8000", request="Lệ phí bản sao trích lục.")
    desk.context.close()
    officer.context.close()
    return reference


def choose(page: Page, reference: str, way: str) -> None:
    """From the case to the way of paying."""
    page.goto(f"/ho-so/{reference}")
    click(page, "Nộp tiền", "link")
    page.locator(f'input[name=way][value="{way}"]').check()
    check_page(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Nộp 8.000 đ").click()


def expect_paid(page: Page, reference: str) -> None:
    """The page that waits for the gateway says that it is paid, by itself."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã nộp 8.000 đ", timeout=30_000)
    check_page(page)
    story_page = f"/ho-so/{reference}"
    for _ in range(100):
        page.goto(story_page)
        if page.get_by_text("Đã nộp.").count():
            return
        page.wait_for_timeout(200)
    raise AssertionError("the case never went on")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("way", ["vnpay", "national"])
def test_paying_online(stack: Stack, browser: Browser, way: str, width: int) -> None:
    reference = asked_to_pay(stack, browser)
    citizen = person(browser, stack, "congdan", width)
    choose(citizen, reference, way)
    citizen.locator("#no").click()  # on the gateway's page: not this time
    expect(citizen.get_by_role("heading", level=1)).to_contain_text("không thành công", timeout=30_000)
    check_page(citizen)
    click(citizen, "Nộp lại", "link")
    with citizen.expect_navigation():
        citizen.get_by_role("button", name="Nộp 8.000 đ").click()
    citizen.locator("#ok").click()
    expect_paid(citizen, reference)
    click(citizen, "Xem biên lai", "link")
    check_page(citizen)
    link = citizen.get_by_role("link", name="(PDF)").first
    answer = citizen.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf" and answer.body().startswith(b"%PDF")


def test_the_browser_is_closed_after_paying(stack: Stack, browser: Browser) -> None:
    reference = asked_to_pay(stack, browser)
    citizen = person(browser, stack, "congdan", 360)
    choose(citizen, reference, "vnpay")
    citizen.locator("#close").click()  # paid there; nobody comes back
    citizen.context.close()
    officer = person(browser, stack, "chuyenvien")
    wait_for_stage(officer, reference, "propose")
    expect(officer.locator("#tien")).to_contain_text("Đã nộp 8.000 đ")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_transfer_by_code(stack: Stack, browser: Browser, width: int) -> None:
    reference = asked_to_pay(stack, browser)
    citizen, accountant = person(browser, stack, "congdan", width), person(browser, stack, "ketoan", width)
    choose(citizen, reference, "vietqr")
    expect(citizen.locator("svg.qr")).to_be_visible()
    check_page(citizen)
    click(citizen, "Tôi đã chuyển khoản")
    expect(citizen.locator("#note-error")).to_be_visible()
    citizen.locator("#note").fill("FT2607112345")
    click(citizen, "Tôi đã chuyển khoản")
    key = accountant_finds(accountant, reference)
    check_page(accountant)
    click(accountant, "Đã thấy tiền")
    expect(accountant.locator("#note-error")).to_be_visible()
    accountant.locator("#note").fill(f"BT {reference}")
    click(accountant, "Đã thấy tiền")
    expect(accountant.locator("main")).to_contain_text("✓ Đã nộp")
    accountant.reload()
    check_page(accountant)
    assert key


def accountant_finds(accountant: Page, reference: str) -> str:
    """The accountant opens the newest payment of the case."""
    accountant.goto("/ke-toan?trang-thai=claimed")
    check_page(accountant)
    row = accountant.get_by_role("row").filter(has_text=reference)
    with accountant.expect_navigation():
        row.get_by_role("link").click()
    return accountant.locator(".code").first.inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_cash_at_the_counter_and_back_again(stack: Stack, browser: Browser, width: int) -> None:
    reference = asked_to_pay(stack, browser)
    desk, accountant = person(browser, stack, "motcua", width), person(browser, stack, "ketoan", width)
    province = person(browser, stack, "ketoantinh", width)
    desk.goto(f"/can-bo/ho-so/{reference}")
    form = desk.locator('form[action$="/thu-tien"]')
    open_up(form)
    check_page(desk)
    with desk.expect_navigation():
        form.locator("button").click()
    expect(desk.locator("#tien")).to_contain_text("Đã nộp 8.000 đ")
    accountant.goto("/ke-toan")
    row = accountant.get_by_role("row").filter(has_text=reference).first
    with accountant.expect_navigation():
        row.get_by_role("link").click()
    open_up(accountant.locator('form[action$="/hoan-tien"]'))
    accountant.locator("#reason").fill("Được miễn lệ phí")
    click(accountant, "Đề nghị")
    accountant.goto("/ke-toan/hoan-tien")
    expect(accountant.locator("main")).to_contain_text("người đề nghị không tự duyệt")
    check_page(accountant)
    province.goto("/ke-toan/hoan-tien")
    section = province.locator("section").filter(has_text=reference)
    check_page(province)
    with province.expect_navigation():
        section.get_by_role("button", name="Duyệt hoàn tiền").click()
    for _ in range(100):  # the machine sees that no gateway can, and leaves it to people
        province.goto("/ke-toan/hoan-tien")
        if section.get_by_role("button", name="Đã chi trả").count():
            break
        province.wait_for_timeout(500)
    section.get_by_label("Số phiếu chi").fill("PC 12")
    with province.expect_navigation():
        section.get_by_role("button", name="Đã chi trả").click()
    expect(section).to_contain_text("Đã trả")
    reconcile(province, days_ago=int(width > 500))


def reconcile(accountant: Page, days_ago: int) -> None:
    """The file of a day with one line that nobody knows: explained, closed."""
    accountant.goto("/ke-toan/doi-soat")
    click(accountant, "Nhập và đối chiếu")
    expect(accountant.get_by_role("alert")).to_contain_text("Hãy chọn cổng thanh toán.")
    check_page(accountant)
    accountant.locator("#gateway").select_option("vietqr")
    accountant.locator("#day").fill((local_day(now()) - timedelta(days=days_ago + 1)).isoformat())
    statement = "ma_tham_chieu;ma_giao_dich;so_tien\nLSXXXXXXXXXXXXXX;1;5000\n"
    accountant.locator("#file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": statement.encode()})
    click(accountant, "Nhập và đối chiếu")
    check_page(accountant)
    click(accountant, "Khóa sổ ngày này")
    expect(accountant.locator("main")).to_contain_text("Còn chênh lệch chưa có giải trình")
    while (
        open_ones := accountant.locator("section.panel").filter(has=accountant.locator('input[name=note][value=""]'))
    ).count():
        open_ones.first.locator("input[name=note]").fill("Đã hỏi ngân hàng: chuyển nhầm.")
        with accountant.expect_navigation():
            open_ones.first.get_by_role("button").click()
    click(accountant, "Khóa sổ ngày này")
    expect(accountant.get_by_role("status")).to_contain_text("Đã khóa sổ")
    check_page(accountant)
