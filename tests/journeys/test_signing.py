"""Signing on the phone, and checking what was signed: the leader, the clerk, whoever holds the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.runtime.trial_keys import PHONE_PERSON
from tests.journeys.test_birth_registration import check_page, click, fill_step
from tests.journeys.test_catalog_keeping import person
from tests.support import story
from tests.support.servers import server_folder
from tests.support.stack import Stack, free_port

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A portal whose leader signs another way than elsewhere."""
    with server_folder(in_memory=True) as folder:
        running = Stack(folder / "var", free_port())
        running.start()
        yield running
        running.stop()


def stranger(browser: Browser, stack: Stack, width: int) -> Page:
    """Somebody who holds a paper."""
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=stack.base_url, locale="vi-VN")
    return context.new_page()


@pytest.mark.parametrize("width", [360, pytest.param(1366, marks=pytest.mark.long)])
def test_signed_on_the_phone_and_checked_by_anybody(stack: Stack, browser: Browser, width: int, tmp_path: Path) -> None:
    bind_remote(person(browser, stack, "quantri", width))
    citizen, reference = story.apply(stack.base_url)
    story.handle(stack.base_url, reference)
    leader = person(browser, stack, "lanhdao", width)
    wait_until_listed(leader)
    check_page(leader)
    click(leader, "Ký các văn bản đã chọn")
    expect(leader.locator("main")).to_contain_text("Đã gửi yêu cầu ký")
    check_page(leader)
    confirm(browser, stack)
    for _ in range(60):
        leader.goto("/can-bo/ky-so")
        if "Đã ký xong" in leader.locator("main").inner_text():
            break
        leader.wait_for_timeout(500)
    expect(leader.locator("main")).to_contain_text("Đã ký xong")
    path = tmp_path / "ket-qua.pdf"
    path.write_bytes(story.receive(citizen, reference))
    clerk = person(browser, stack, "vanthu", width)
    clerk.goto("/can-bo/van-ban-di")
    check_page(clerk)
    with clerk.expect_navigation():
        clerk.locator("tbody a").last.click()
    check_page(clerk)
    code = clerk.locator("dd.code").inner_text()
    holder = stranger(browser, stack, width)
    check_codes(holder, path, code)
    holder.goto("/kiem-tra")
    holder.get_by_label("Tệp PDF").set_input_files(path)
    click(holder, "Kiểm tra tệp")
    expect(holder.locator("#ket-qua")).to_contain_text(
        "Đúng là văn bản của cổng, còn nguyên vẹn. Văn bản còn hiệu lực."
    )
    check_page(holder)
    withdraw(leader, code)
    check_codes(holder, path, code, "Văn bản đã bị thu hồi.")


def bind_remote(keeper: Page) -> None:
    """The leader's key lies with SmartCA from now on."""
    keeper.goto("/quan-tri/chung-thu-so")
    check_page(keeper)
    fill_step(keeper, {"login": "lanhdao", "way": "smartca", "key": "020090009999"})
    click(keeper, "Kiểm tra và gắn")
    expect(keeper.locator("main")).to_contain_text("Không đọc được chứng thư số nào với tên khóa này.")
    check_page(keeper)
    fill_step(keeper, {"key": PHONE_PERSON})
    click(keeper, "Kiểm tra và gắn")
    expect(keeper.locator("main")).to_contain_text("Đã gắn chứng thư số của Lãnh Đạo Mẫu.")


def wait_until_listed(leader: Page) -> None:
    """The worker makes the paper first."""
    for _ in range(60):
        leader.goto("/can-bo/ky-so")
        if leader.locator("input[name=paper]").count():
            return
        leader.wait_for_timeout(500)
    raise AssertionError(leader.locator("main").inner_text())


def confirm(browser: Browser, stack: Stack) -> None:
    """What the leader does on the phone."""
    address = re.search(r"http://\S+/dien-thoai-ky-so", stack.printed)
    assert address is not None
    phone = browser.new_page()
    for _ in range(60):
        phone.goto(address.group())
        if phone.get_by_role("button", name="Xác nhận").count():
            break
        phone.wait_for_timeout(300)
    phone.get_by_role("button", name="Xác nhận").click()
    phone.close()


def check_codes(holder: Page, path: Path, code: str, verdict: str = "Văn bản còn hiệu lực.") -> None:
    """Type in what is printed on the paper; a wrong second code first."""
    from pypdf import PdfReader

    text = PdfReader(path).pages[0].extract_text()
    printed = re.search(r"Mã kiểm tra:\s*([A-Z0-9]{6})", text)
    assert printed is not None, text
    assert code in text
    holder.goto(f"/kiem-tra/{code}")
    fill_step(holder, {"check_code": "AAAAAA"})
    click(holder, "Kiểm tra")
    expect(holder.locator("main")).to_contain_text("Không có văn bản nào mang hai mã này.")
    check_page(holder)
    fill_step(holder, {"check_code": printed.group(1).lower()})
    click(holder, "Kiểm tra")
    expect(holder.locator("#ket-qua")).to_contain_text(verdict)
    expect(holder.locator("#ket-qua")).to_contain_text("Ủy ban nhân dân phường Tam Thanh")
    assert "Nguyễn" not in holder.locator("#ket-qua").inner_text(), "no more of people than the signers"
    check_page(holder)


def withdraw(leader: Page, code: str) -> None:
    """The leader withdraws the paper; a reason is asked for."""
    leader.goto("/can-bo/van-ban-di")
    leader.locator("tbody a").last.click()
    expect(leader.locator("dd.code")).to_have_text(code)
    click(leader, "Thu hồi văn bản")
    expect(leader.locator("main")).to_contain_text("Hãy ghi lý do.")
    check_page(leader)
    fill_step(leader, {"reason": "Cấp nhầm tên."})
    click(leader, "Thu hồi văn bản")
    expect(leader.locator("main")).to_contain_text("Đã thu hồi")
    check_page(leader)
