"""The engine in a browser: other agencies' opinions and cases, money, an apology, and those who keep it all running."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal.base.clock import local_day, now
from tests.journeys.test_birth_registration import check_page, click, fill_step
from tests.journeys.test_catalog_keeping import person
from tests.support import story
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
POLICE = "cong-an-05986"


def act(page: Page, reference: str, action: str, **values: str) -> None:
    """Open the case at the desk, fill in the form of one action, check the page, send it."""
    page.goto(f"/can-bo/ho-so/{reference}")
    form = page.locator(f'form[action$="/{action}"]')
    open_up(form)
    fill_step(form, values)
    check_page(page)
    with page.expect_navigation():
        form.locator("button").first.click()


def open_up(form: Locator) -> None:
    """Open the folded part that the form is in."""
    folded = form.locator("xpath=ancestor::details[not(@open)]")
    if folded.count():
        folded.first.locator("summary").first.click()


def wait_for_stage(page: Page, reference: str, action: str) -> None:
    """Reload until the machine has brought the case to a stage with this action."""
    for _ in range(100):
        page.goto(f"/can-bo/ho-so/{reference}")
        if page.locator(f'form[action$="/{action}"]').count():
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{reference} never came to {action}")


@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.long)])
def test_a_case_that_needs_others(stack: Stack, browser: Browser, width: int) -> None:
    _, reference = story.apply(stack.base_url)
    desk, officer = person(browser, stack, "motcua", width), person(browser, stack, "chuyenvien", width)
    head, citizen = person(browser, stack, "truongphong", width), person(browser, stack, "congdan", width)
    act(desk, reference, "accept")
    wait_for_stage(officer, reference, "consult")
    act(officer, reference, "consult", agency=POLICE, question="Cháu đã được đăng ký ở nơi khác chưa?", days="2")
    act(officer, reference, "refer", procedure="1.004222", agency=POLICE, note="Nhập hộ khẩu cho cháu theo mẹ.")
    officer.goto(f"/can-bo/ho-so/{reference}")
    expect(officer.locator("main")).to_contain_text("Hồ sơ đang chờ ý kiến của Công an phường Tam Thanh và 1 hồ sơ")
    assert officer.locator('form[action$="/propose"]').count() == 0
    act(head, reference, "give_opinion", opinion="agree", answer="Chưa đăng ký ở đâu.")
    citizen.goto(f"/ho-so/{reference}")
    expect(citizen.locator("#lien-thong")).to_be_visible()
    check_page(citizen)
    click(citizen, child := citizen.locator("section[aria-labelledby=lien-thong] a").inner_text(), "link")
    check_page(citizen)
    act(desk, child, "decline", reason="Cha mẹ đã nộp riêng.")
    wait_for_stage(officer, reference, "propose")
    act(officer, reference, "request_payment", charge="8000", request="Lệ phí bản sao.")
    citizen.goto(f"/ho-so/{reference}")
    expect(citizen.locator("main")).to_contain_text("Bạn cần nộp 8.000 đ.")
    check_page(citizen)
    accountant = person(browser, stack, "ketoan", width)
    check_page(accountant)
    act(accountant, reference, "confirm_payment", note=f"GNT {reference}")
    day = (local_day(now()) + timedelta(days=20)).isoformat()
    act(head, reference, "reschedule", new_day=day, reason="Chờ xác minh.")
    citizen.goto(f"/ho-so/{reference}")
    expect(citizen.get_by_role("link", name="Phiếu xin lỗi và hẹn lại (PDF)")).to_be_visible()
    check_page(citizen)


@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.long)])
def test_those_who_keep_it_running(stack: Stack, browser: Browser, width: int) -> None:
    keeper, operator = person(browser, stack, "quantri", width), person(browser, stack, "vanhanh", width)
    keeper.goto("/quan-tri/lich")
    check_page(keeper)
    click(keeper, "Ghi ngày này")
    check_page(keeper)
    expect(keeper.get_by_role("alert")).to_contain_text("Hãy chọn ngày.")
    keeper.get_by_label("Cơ quan").select_option("so-noi-vu")
    click(keeper, "Xem")
    keeper.get_by_label("Ngày", exact=True).fill((local_day(now()) + timedelta(days=90)).isoformat())
    keeper.get_by_label("Nghỉ", exact=True).check()
    keeper.get_by_label("Căn cứ").fill("Thông báo 5")
    click(keeper, "Ghi ngày này")
    expect(keeper.get_by_role("status")).to_contain_text("Đã ghi.")
    keeper.goto("/quan-tri/su-co")
    check_page(keeper)
    keeper.get_by_label("Nơi xảy ra").select_option("so-noi-vu")
    lately = local_day(now()) - timedelta(days=5)
    keeper.get_by_label("Bắt đầu").fill(f"{lately}T08:00")
    keeper.get_by_label("Kết thúc").fill(f"{lately}T10:00")
    keeper.get_by_label("Lý do").fill("Mất điện")
    click(keeper, "Ghi và dời hạn")
    expect(keeper.locator("main")).to_contain_text("Mất điện")
    check_page(keeper)
    operator.goto("/quan-tri/van-hanh")
    check_page(operator)
    leader = person(browser, stack, "lanhdao", width)
    click_in_header(leader, "Ủy quyền")
    check_page(leader)
    leader.get_by_label("Người làm thay").select_option("truongphong")
    leader.get_by_label("Đến hết ngày").fill((local_day(now()) + timedelta(days=3)).isoformat())
    leader.get_by_label("Lý do hoặc số văn bản").fill("Đi công tác")
    click(leader, "Ủy quyền")
    check_page(leader)
    with leader.expect_navigation():
        leader.get_by_role("button", name="Thu hồi").first.click()
    expect(leader.get_by_role("status")).to_contain_text("Đã thu hồi")


def click_in_header(page: Page, name: str) -> None:
    """Follow a link of the site's own navigation."""
    with page.expect_navigation():
        page.locator("header").get_by_role("link", name=name, exact=True).click()
