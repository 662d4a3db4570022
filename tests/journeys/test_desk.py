"""A day at the staff desk in a browser: each role at the ward, and a department with another unit's opinion."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.base.clock import local_day, now
from portal.runtime.demo import PASSWORD
from services_catalog.loader import library, load_catalog
from tests.journeys.test_birth_registration import check_page, click
from tests.journeys.test_catalog_keeping import person
from tests.journeys.test_engine import act, wait_for_stage
from tests.support import story
from tests.support.form_answers import right_answers
from tests.support.stack import Stack
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
DEPARTMENT, ASKED = "so-tu-phap", "so-noi-vu"
TEN_DAYS = "1.003915"  # Cấp Chứng chỉ hành nghề đấu giá: 10 working days at the department


def choose(page: Page, references: list[str], action: str) -> None:
    """Tick these cases in the queue and look at what one action would do to them."""
    for reference in references:
        page.locator(f'input[name=case][value="{reference}"]').check()
    page.locator("#bulk-action").select_option(action)
    with page.expect_navigation():
        page.get_by_role("button", name="Xem trước").click()


def do_to_all(page: Page, references: list[str], action: str) -> None:
    """Do one action to all of these cases, after a look at the preview."""
    page.goto("/can-bo")
    choose(page, references, action)
    check_page(page)
    with page.expect_navigation():
        page.locator("main form button").click()
    check_page(page)
    expect(page.get_by_role("status")).to_have_text(f"Xong {len(references)} trên {len(references)} hồ sơ.")


def look_at(page: Page, reference: str) -> None:
    page.goto(f"/can-bo/ho-so/{reference}")
    expect(page.get_by_role("heading", level=1)).to_have_text(reference)


def tick_papers(desk: Page, first: str) -> None:
    """What is wrong is ticked with a ready reason and makes the request; then the paper is found to be right."""
    look_at(desk, first)
    check_page(desk)
    desk.locator("[data-page]").first.click()
    expect(desk.locator("[data-viewer] img")).to_have_js_property("complete", True)
    desk.locator("[data-turn='90']").click()
    desk.locator("[data-zoom='25']").click()
    desk.locator("[name=verdict-0][value=to_correct]").check()
    with desk.expect_navigation():
        desk.get_by_role("button", name="Ghi kết quả kiểm tra").click()
    check_page(desk)
    expect(desk.get_by_role("alert")).to_contain_text("cần sửa gì")
    expect(desk.locator("[name=verdict-0][value=to_correct]")).to_be_checked()
    desk.locator("[name=ready-0]").select_option(index=1)
    with desk.expect_navigation():
        desk.get_by_role("button", name="Ghi kết quả kiểm tra").click()
    expect(desk.locator("#request_supplement-request")).to_have_value(re.compile("Ảnh mờ"))
    check_page(desk)
    desk.locator("[name=verdict-0][value=accepted]").check()
    desk.locator("[name=kind-0]").select_option("certified")
    with desk.expect_navigation():
        desk.get_by_role("button", name="Ghi kết quả kiểm tra").click()
    expect(desk.locator("#request_supplement-request")).to_have_value("")
    desk.locator("#note").fill("Nhờ @chuyenvien xem sớm.")
    click(desk, "Ghi")
    expect(desk.locator("#noi-bo")).to_contain_text("Nhờ @chuyenvien xem sớm.")


def work_the_queue(desk: Page, first: str, width: int) -> None:
    """A case is found by a name; filters are saved under a name."""
    desk.goto("/can-bo/dang-mo")
    check_page(desk)
    desk.get_by_label("Tìm hồ sơ").fill("nguyen van")
    click(desk, "Tìm")
    assert "nguyen" not in desk.url
    expect(desk.locator("main")).to_contain_text(first)
    check_page(desk)
    desk.goto("/can-bo/dang-mo")
    desk.get_by_text("Lọc và chọn cột").click()
    check_page(desk)
    desk.get_by_label("Trạng thái", exact=True).first.select_option("submitted")
    click(desk, "Áp dụng")
    desk.get_by_label("Lưu cách xem này với tên").fill(f"Mới {width}")
    click(desk, "Lưu cách xem")
    expect(desk.get_by_role("link", name=f"Mới {width}")).to_have_attribute("aria-current", "true")
    check_page(desk)


@pytest.mark.parametrize("width", [1366, pytest.param(360, marks=pytest.mark.long)])
def test_a_day_at_the_ward(stack: Stack, browser: Browser, width: int) -> None:
    references = [story.apply(stack.base_url)[1] for _ in range(3)]
    first = references[0]
    desk = person(browser, stack, "motcua", width)
    check_page(desk)
    tick_papers(desk, first)
    work_the_queue(desk, first, width)
    do_to_all(desk, references, "accept")
    # Two people on one case see each other.
    officer = person(browser, stack, "chuyenvien", width)
    for reference in references:
        wait_for_stage(officer, reference, "propose")
    look_at(desk, first)
    expect(desk.locator("[data-looking]")).to_contain_text("Chuyên Viên Mẫu cũng đang mở hồ sơ này.")
    officer.goto("/can-bo")
    expect(officer.locator("main")).to_contain_text("nhắc bạn trong ghi chú nội bộ")
    for reference in references:
        act(officer, reference, "propose", outcome="granted")
    # A head looks, then endorses all; nobody endorses what they have not looked at.
    head = person(browser, stack, "truongphong", width)
    for reference in references[:2]:
        look_at(head, reference)
    head.goto("/can-bo")
    choose(head, references, "endorse")
    expect(head.locator("main")).to_contain_text("2 trên 3 hồ sơ làm được việc này.")
    check_page(head)
    look_at(head, references[2])
    check_page(head)
    do_to_all(head, references, "endorse")
    head.goto("/can-bo/don-vi")
    check_page(head)
    leader = person(browser, stack, "lanhdao", width)
    look_at(leader, first)
    expect(leader.get_by_alt_text("Trang đầu của dự thảo kết quả")).to_be_visible()
    check_page(leader)
    for reference in references[1:]:
        look_at(leader, reference)
    do_to_all(leader, references, "approve")
    clerk = person(browser, stack, "vanthu", width)
    do_to_all(clerk, references, "issue")
    wait_for_result(desk, first)
    for slip in ("tiep-nhan", "kiem-soat"):
        assert desk.request.get(f"/can-bo/ho-so/{first}/phieu/{slip}.pdf").headers["content-type"] == "application/pdf"
    act(desk, first, "deliver")
    desk.goto("/can-bo/so-theo-doi?agency=ubnd-05986")
    expect(desk.locator("main")).to_contain_text(first)
    check_page(desk)
    for page in (desk, officer, head, leader, clerk):
        page.context.close()


def wait_for_result(desk: Page, reference: str) -> None:
    """Reload until the machine has released the result."""
    for _ in range(100):
        look_at(desk, reference)
        if desk.locator('form[action$="/deliver"]').count():
            return
        desk.wait_for_timeout(200)


def apply_for(stack: Stack, code: str, agency: str) -> tuple[Visitor, str]:
    """Apply for any procedure over HTTP, with made-up answers."""
    catalog = load_catalog()
    form = library().form_of(catalog.procedures[code])
    typed = right_answers(form, local_day(now()), random.Random(6))
    citizen = Visitor(stack.base_url)
    citizen.sign_in("congdan", PASSWORD)
    page = citizen.send(citizen.get(f"/thu-tuc/{code}/nop-ho-so"), "", agency=agency)
    while "/to-khai/" in page.url:
        key = page.url.rsplit("/", 1)[1]
        names = {field.name for step in form.steps if step.key == key for field in step.fields}
        values = {name: text for name, text in typed.items() if name.split("__")[0] in names}
        page = citizen.send(page, f"/to-khai/{key}", **values)
    page = citizen.get(page.link("/le-phi"))
    page = citizen.get(page.url.replace("/le-phi", "/xem-lai"))
    page = citizen.send(page, "/gui", declared="1")
    return citizen, page.url.rsplit("/", 1)[1]


def hire_for(browser: Browser, stack: Stack, keeper: Page, width: int) -> Page:
    """A head at the unit that is asked: hired in the browser, with a password of their own."""
    login = f"so-noi-vu.{width}"
    keeper.goto("/quan-tri/can-bo")
    check_page(keeper)
    keeper.get_by_label("Tên đăng nhập", exact=True).fill(login)
    keeper.get_by_label("Họ tên", exact=True).fill("Trưởng Phòng Sở Nội Vụ")
    keeper.locator("#agency").select_option(ASKED)
    keeper.locator("#role").select_option("head")
    click(keeper, "Thêm cán bộ")
    check_page(keeper)
    code = keeper.locator("code.secret").inner_text()
    page = browser.new_context(viewport={"width": width, "height": 768}, base_url=stack.base_url).new_page()
    page.goto("/kich-hoat")
    check_page(page)
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mã kích hoạt").fill(code)
    page.get_by_label("Mật khẩu mới").fill("mat khau rieng")
    page.get_by_label("Gõ lại mật khẩu").fill("mat khau rieng")
    click(page, "Kích hoạt")
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu").fill("mat khau rieng")
    click(page, "Đăng nhập")
    return page


def appoint(keeper: Page, login: str, agency: str, role: str) -> None:
    keeper.goto(f"/quan-tri/can-bo/{login}")
    if keeper.locator("tbody tr", has_text="Sở Tư pháp").count():
        return
    keeper.locator("#agency").select_option(agency)
    keeper.locator("#role").select_option(role)
    click(keeper, "Giao vị trí")
    check_page(keeper)


@pytest.mark.parametrize("width", [360, pytest.param(1366, marks=pytest.mark.long)])
def test_a_department_asks_another_unit_and_the_applicant(stack: Stack, browser: Browser, width: int) -> None:
    keeper = person(browser, stack, "quantri", width)
    for login, role in (("motcua", "receiving_officer"), ("chuyenvien", "case_officer"), ("truongphong", "head"),
                        ("lanhdao", "approver"), ("vanthu", "clerk")):  # fmt: skip
        appoint(keeper, login, DEPARTMENT, role)
    asked = hire_for(browser, stack, keeper, width)
    citizen, reference = apply_for(stack, TEN_DAYS, DEPARTMENT)
    desk, officer = person(browser, stack, "motcua", width), person(browser, stack, "chuyenvien", width)
    act(desk, reference, "accept")
    wait_for_stage(officer, reference, "propose")
    expect(officer.locator("main")).to_contain_text(re.compile("còn (10|11) ngày"))
    act(officer, reference, "consult", agency=ASKED, question="Có vướng mắc gì không?", days="3")
    asked.goto("/can-bo")
    expect(asked.locator("main")).to_contain_text(reference)
    check_page(asked)
    act(asked, reference, "give_opinion", opinion="agree", answer="Không vướng mắc.")
    look_at(officer, reference)
    expect(officer.locator("section[aria-labelledby=y-kien]")).to_contain_text("Không vướng mắc.")
    folded = officer.locator("details:not([open]) > summary", has_text="Giấy tờ không nộp")
    if folded.count():
        folded.click()
    officer.locator("[name=verdict-0][value=to_correct]").check()
    officer.locator("#reason-0").fill("Chưa có giấy này.")
    with officer.expect_navigation():
        officer.get_by_role("button", name="Ghi kết quả kiểm tra").click()
    form = officer.locator('form[action$="/request_supplement"]')
    expect(form.locator("textarea").first).to_have_value(re.compile("Chưa có giấy này."))
    with officer.expect_navigation():
        form.get_by_role("button", name="Yêu cầu bổ sung").click()
    page = citizen.get(f"/ho-so/{reference}/bo-sung")
    assert "Chưa có giấy này." in page.text
    citizen.send(page, "/bo-sung", note="Tôi sẽ nộp bản giấy tại quầy.")
    wait_for_stage(officer, reference, "propose")
    check_page(officer)
    act(officer, reference, "propose", outcome="granted", decision="Đủ điều kiện.")
    for login, action in (("truongphong", "endorse"), ("lanhdao", "approve"), ("vanthu", "issue")):
        page = person(browser, stack, login, width)
        act(page, reference, action)
        page.context.close()
    assert story.receive(citizen, reference).startswith(b"%PDF")
    look_at(desk, reference)
    check_page(desk)
    expect(desk.locator("main")).to_contain_text("Đã trả kết quả")
    for path in ("don-vi", f"don-vi/{DEPARTMENT}", "don-vi/moi", "nhap-can-bo", "ly-do", "nhat-ky"):
        keeper.goto(f"/quan-tri/{path}")
        check_page(keeper)
    expect(keeper.locator("main")).to_contain_text("Giao vị trí")
    for page in (keeper, asked, desk, officer):
        page.context.close()


def test_the_keyboard(stack: Stack, browser: Browser) -> None:
    references = [story.apply(stack.base_url)[1] for _ in range(2)]
    desk = person(browser, stack, "motcua")
    desk.goto("/can-bo")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("k")
    first = desk.locator("tr.is-chosen a[data-open]")
    expect(first).to_be_focused()
    desk.keyboard.press("x")
    expect(desk.locator("tr.is-chosen input[type=checkbox]")).to_be_checked()
    chosen = first.inner_text()
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text(chosen)
    desk.keyboard.press("?")
    expect(desk.locator("#phim-tat")).to_have_attribute("open", "")
    with desk.expect_navigation():
        desk.keyboard.press("n")
    expect(desk.get_by_role("heading", level=1)).not_to_have_text(chosen)
    desk.keyboard.press("g")
    with desk.expect_navigation():
        desk.keyboard.press("v")
    desk.keyboard.press("/")
    expect(desk.get_by_label("Tìm hồ sơ")).to_be_focused()
    desk.keyboard.type("j?")  # in a field letters are letters
    expect(desk.get_by_label("Tìm hồ sơ")).to_have_value("j?")
    assert references
    desk.context.close()


def test_new_work_appears_by_itself(stack: Stack, browser: Browser) -> None:
    desk = person(browser, stack, "motcua")
    # The page asks every twenty seconds: here it is quicker.
    desk.add_init_script("const real = setInterval; window.setInterval = (f, t) => real(f, Math.min(t, 300))")
    desk.goto("/can-bo")
    desk.wait_for_timeout(900)
    _, reference = story.apply(stack.base_url)
    expect(desk.locator("[data-fresh]")).to_contain_text(reference, timeout=15_000)
    desk.context.close()
