"""Applying in a browser, on a phone and at a desk: what people lose elsewhere, nobody loses here."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_birth_registration import check_page, click, fill_step, sign_in
from tests.journeys.test_catalog_keeping import person
from tests.journeys.test_engine import act
from tests.support import story
from tests.support.answers import BIRTH
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]

SAVED = re.compile("Đã lưu lúc")
WARD = "Ủy ban nhân dân phường Tam Thanh"
BUSINESS: dict[str, dict[str, str]] = {
    "requester": {},
    "business": {
        "business_name": "Hộ kinh doanh hồi Xứ Lạng",
        "business_address__commune": "Phường Tam Thanh",
        "business_phone": "0912 345 678",
    },
    "lines": {
        "business_lines__0__name": "Bán lẻ lương thực",
        "business_lines__0__code": "4711",
        "business_capital": "150.000.000",
        "business_starts_on": "01/12/2026",
    },
    "owner": {
        "founded_by": "family",
        "owner_born_on": "1990",
        "owner_sex": "male",
        "owner_ethnicity": "Tày",
        "members__0__name": "Nguyễn Thị B",
        "members__0__born_on": "2/3/1992",
        "members__0__sex": "female",
        "members__0__citizen_id": "020192001234",
        "members__0__contribution": "50.000.000",
    },
    "tax": {"tax_accounting": "declare", "tax_sells_online": "no"},
    "receiving": {
        "receive_by": "post",
        "post_address__commune": "Phường Đông Kinh",
        "post_address__detail": "Số 1, đường Lê Lợi",
    },
}


def begin(page: Page, stack: Stack, code: str) -> str:
    """Start a draft in the ward; returns its address."""
    page.goto(f"{stack.base_url}/thu-tuc/{code}/nop-ho-so")
    if page.locator("#login").count():
        sign_in(page, "congdan")
    check_page(page)
    page.get_by_label("Cơ quan tiếp nhận").select_option(label=WARD)
    click(page, "Bắt đầu")
    return page.url.split("/to-khai/")[0]


def photo(path: Path, size: tuple[int, int] = (1600, 1200), color: str = "white") -> Path:
    noise = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.blend(noise, Image.new("RGB", size, color), 0.5).save(path, quality=92, exif=exif)
    return path


def send(page: Page) -> str:
    """From the papers to the case; returns its code."""
    click(page, "Tiếp tục", "link")
    check_page(page)
    # A button where there are fees, which depend on the case; else a link.
    onwards = page.locator("main").get_by_text("Tiếp tục", exact=True)
    with page.expect_navigation():
        onwards.click()
    check_page(page)
    page.locator("#declared").check()
    click(page, "Gửi hồ sơ")
    expect(page.get_by_role("heading", name="Giấy xác nhận nộp hồ sơ")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


def test_a_household_business_from_the_start_to_the_receipt(
    stack: Stack, browser: Browser, citizen: Page, tmp_path: Path
) -> None:
    draft = begin(citizen, stack, "1.001612")
    for key, values in BUSINESS.items():
        assert citizen.url.endswith(f"/to-khai/{key}")
        check_page(citizen)
        if key == "lines":
            click(citizen, "Thêm dòng")
            fill_step(citizen, {"business_lines__1__name": "Bán buôn", "business_lines__1__code": "4632"})
        if key == "owner":
            expect(citizen.locator("#members")).to_be_hidden()
        fill_step(citizen, values)
        if key == "lines":  # worked out while one types
            expect(citizen.locator("[data-computed=business_capital_words]")).to_have_text(
                "Một trăm năm mươi triệu đồng"
            )
        check_page(citizen)
        click(citizen, "Lưu và tiếp tục")
    assert citizen.url == f"{draft}/giay-to"
    check_page(citizen)
    minutes = citizen.locator("section.paper", has_text="Văn bản ủy quyền cho một thành viên")
    minutes.locator("input[type=file]").set_input_files(
        [photo(tmp_path / "trang 1.jpg"), photo(tmp_path / "trang 2.jpg", color="red")]
    )
    expect(minutes.get_by_label("Đã có tệp")).to_be_visible(timeout=20_000)
    expect(minutes.locator(".files li")).to_have_count(2)
    check_page(citizen)
    reference = send(citizen)
    check_page(citizen)
    expect(citizen.locator("main")).to_contain_text("1 tệp")
    with citizen.expect_download() as download:
        citizen.get_by_role("link", name="Tải tất cả (ZIP)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    desk = person(browser, stack, "motcua", 1366)
    desk.goto(f"/can-bo/ho-so/{reference}")
    for text in ("HỘ KINH DOANH HỒI XỨ LẠNG", "4711 (Bán lẻ)", "Nguyễn Thị B", "Số 1, đường Lê Lợi", "trang 1.pdf"):
        expect(desk.locator("main")).to_contain_text(text)
    check_page(desk)
    desk.context.close()


def test_what_is_typed_is_kept_and_goes_on_on_another_device(stack: Stack, browser: Browser, citizen: Page) -> None:
    draft = begin(citizen, stack, "1.001193")
    citizen.goto(f"{draft}/to-khai/child")
    citizen.locator("#child_name").fill("Nguyễn Thị Ậm Ợ")
    citizen.locator("#child_born_on").fill("5/3/2026")
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)
    other = person(browser, stack, "congdan", 1366)
    other.goto("/ho-so")
    with other.expect_navigation():
        other.locator("main .card a").first.click()
    other.goto(f"{draft}/to-khai/child")
    expect(other.locator("#child_name")).to_have_value("Nguyễn Thị Ậm Ợ")
    expect(other.locator("#child_born_on")).to_have_value("5/3/2026")
    # Both go on: each keeps what the other has typed, and where both changed one question, the person decides.
    other.locator("#child_birth_place").fill("Bệnh viện Đa khoa tỉnh")
    other.locator("#child_name").fill("Nguyễn Thị Khác")
    expect(other.locator("[data-save-status]")).to_have_text(SAVED)
    citizen.locator("#child_native_place").fill("Xã Chi Lăng")
    citizen.locator("#child_name").fill("Nguyễn Thị Của Tôi")
    box = citizen.locator("[data-newer=child_name]")
    expect(box).to_contain_text("Nguyễn Thị Khác")
    expect(citizen.locator("#child_birth_place")).to_have_value("Bệnh viện Đa khoa tỉnh")
    check_page(citizen)
    box.get_by_role("button", name="Giữ nội dung của tôi").click()
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)
    other.reload()
    expect(other.locator("#child_name")).to_have_value("Nguyễn Thị Của Tôi")
    other.context.close()


def test_a_session_that_ends_while_typing_costs_nothing(stack: Stack, citizen: Page) -> None:
    draft = begin(citizen, stack, "1.001193")
    citizen.goto(f"{draft}/to-khai/child")
    citizen.context.clear_cookies()
    citizen.locator("#child_name").fill("Nguyễn Thị Ậm Ợ")
    again = citizen.get_by_role("link", name="Đăng nhập lại để làm tiếp")
    expect(again).to_be_visible()
    check_page(citizen)
    with citizen.expect_navigation():
        again.click()
    sign_in(citizen, "congdan")
    assert citizen.url == f"{draft}/to-khai/child"
    expect(citizen.locator("#child_name")).to_have_value("Nguyễn Thị Ậm Ợ")
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)
    # Ended again, and this time "Lưu" is pressed before anybody has noticed.
    citizen.locator("#child_birth_place").fill("Tại nhà")
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)
    citizen.evaluate("document.querySelector('#child_birth_place').value = 'Trạm y tế xã'")
    citizen.context.clear_cookies()
    click(citizen, "Lưu và tiếp tục")
    expect(citizen.locator("main")).to_contain_text("Những gì bạn vừa gõ vẫn được giữ.")
    check_page(citizen)
    sign_in(citizen, "congdan")
    citizen.goto(f"{draft}/to-khai/child")
    expect(citizen.locator("#child_birth_place")).to_have_value("Trạm y tế xã")


def test_a_network_that_goes_away_while_typing_costs_nothing(stack: Stack, citizen: Page) -> None:
    draft = begin(citizen, stack, "1.001193")
    citizen.goto(f"{draft}/to-khai/child")
    citizen.context.set_offline(True)
    citizen.locator("#child_name").fill("Nguyễn Thị Ậm Ợ")
    expect(citizen.locator("[data-save-status]")).to_contain_text("Chưa có mạng")
    citizen.get_by_role("button", name="Lưu và tiếp tục").click()
    expect(citizen.locator("[data-save-status]")).to_contain_text("hãy bấm lại khi có mạng")
    check_page(citizen)
    citizen.context.set_offline(False)
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED, timeout=15_000)
    # Away again, and the page is closed meanwhile.
    citizen.evaluate("() => { window.fetch = async () => { throw new TypeError('no network'); }; }")
    citizen.locator("#child_birth_place").fill("Tại nhà")
    expect(citizen.locator("[data-save-status]")).to_contain_text("Chưa có mạng")
    citizen.goto(f"{draft}/giay-to")
    citizen.goto(f"{draft}/to-khai/child")
    expect(citizen.locator("#child_name")).to_have_value("Nguyễn Thị Ậm Ợ")
    expect(citizen.locator("#child_birth_place")).to_have_value("Tại nhà")
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)


def test_an_upload_on_a_bad_line_goes_on_where_it_stopped(stack: Stack, citizen: Page, tmp_path: Path) -> None:
    draft = begin(citizen, stack, "1.001193")
    # A slow line, so that there is a middle in which the network can go away.
    citizen.add_init_script("""
        const real = window.fetch;
        window.fetch = async (url, options) => {
          if (options?.method === "PATCH") { await new Promise((done) => setTimeout(done, 250)); }
          return real(url, options);
        };
    """)
    pieces: list[int] = []
    citizen.on("request", lambda r: pieces.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    citizen.goto(f"{draft}/giay-to")
    big = tmp_path / "giấy chứng sinh.pdf"
    pages = [Image.effect_noise((1700, 1400), 90).convert("L") for _ in range(2)]
    pages[0].save(big, "PDF", save_all=True, append_images=pages[1:], quality=95)
    assert big.stat().st_size > 1_500_000
    citizen.locator("#tep-0").set_input_files(big)
    status = citizen.locator("#giay-to-0 [data-upload-status]")
    expect(status).to_contain_text("Đang tải")
    while len(pieces) < 3:
        citizen.wait_for_timeout(50)
    citizen.context.set_offline(True)
    expect(status).to_contain_text("Mất mạng")
    check_page(citizen)
    before = len(pieces)
    citizen.context.set_offline(False)
    expect(citizen.locator("#giay-to-0").get_by_label("Đã có tệp")).to_be_visible(timeout=30_000)
    assert 0 not in pieces[before:], "the file was sent from its beginning again"
    address = citizen.locator("#giay-to-0 .files a").get_attribute("href")
    assert citizen.context.request.get(f"{stack.base_url}{address}").body() == big.read_bytes()


def test_a_bad_file_is_refused_at_its_place(stack: Stack, citizen: Page, tmp_path: Path) -> None:
    draft = begin(citizen, stack, "1.001193")
    citizen.goto(f"{draft}/giay-to")
    bad = tmp_path / "virus.exe"
    bad.write_bytes(b"MZ" + bytes(2000))
    citizen.locator("#tep-0").set_input_files(bad)
    status = citizen.locator("#giay-to-0 [data-upload-status]")
    expect(status).to_contain_text("Không nhận loại tệp này")
    expect(status).to_be_focused()
    check_page(citizen)


def test_a_supplement_is_answered_field_by_field_and_paper_by_paper(
    stack: Stack, browser: Browser, citizen: Page, tmp_path: Path
) -> None:
    _, reference = story.apply(stack.base_url)
    desk = person(browser, stack, "motcua", 1366)
    desk.goto(f"/can-bo/ho-so/{reference}")
    form = desk.locator('form[action$="/request_supplement"]')
    desk.get_by_text("Yêu cầu bổ sung", exact=True).first.click()
    form.get_by_text("Mục của tờ khai cần sửa", exact=True).first.click()
    form.get_by_label("Nơi sinh").check()
    form.get_by_text("Giấy tờ cần nộp lại hoặc thêm", exact=True).first.click()
    form.get_by_label("Giấy chứng sinh").first.check()
    form.locator("textarea").fill("Ảnh giấy chứng sinh mờ. Nơi sinh ghi thiếu tên xã.")
    check_page(desk)
    with desk.expect_navigation():
        form.get_by_role("button", name="Yêu cầu bổ sung").click()
    citizen.goto(f"{stack.base_url}/ho-so/{reference}")
    sign_in(citizen, "congdan")
    check_page(citizen)
    click(citizen, "Bổ sung ngay", "link")
    check_page(citizen)
    assert citizen.locator("form [name=child_name]").count() == 0
    expect(citizen.locator("#child_birth_place")).to_have_value(BIRTH["child"]["child_birth_place"])
    citizen.locator("#child_birth_place").fill("")
    click(citizen, "Gửi bổ sung")
    expect(citizen.locator("#child_birth_place-error")).to_be_visible()
    check_page(citizen)
    citizen.locator("#child_birth_place").fill("Trạm y tế xã Chi Lăng")
    expect(citizen.locator("[data-save-status]")).to_have_text(SAVED)
    citizen.locator("#tep-0").set_input_files(photo(tmp_path / "chụp lại.jpg"))
    expect(citizen.locator("#giay-to-0").get_by_label("Đã có tệp")).to_be_visible(timeout=20_000)
    expect(citizen.locator("#child_birth_place")).to_have_value("Trạm y tế xã Chi Lăng")
    click(citizen, "Gửi bổ sung")
    expect(citizen.locator("main")).to_contain_text("Đã gửi phần bổ sung.")
    check_page(citizen)
    desk.goto(f"/can-bo/ho-so/{reference}")
    for text in ("Trạm y tế xã Chi Lăng", "chụp lại.pdf", "Đã sửa: Nơi sinh. Đã thêm 1 tệp.", "Bản cũ đã thay (1)"):
        expect(desk.locator("main")).to_contain_text(text)
    act(desk, reference, "accept")
    desk.context.close()


def test_the_pages_of_the_way_are_light(stack: Stack, citizen: Page) -> None:
    draft = begin(citizen, stack, "1.001612")
    for path in ("to-khai/owner", "giay-to", "le-phi", "xem-lai"):
        with citizen.context.expect_event("requestfinished"):
            citizen.goto(f"{draft}/{path}")
        kept = citizen.evaluate("""() => [...performance.getEntriesByType("navigation"),
            ...performance.getEntriesByType("resource")].map((entry) => entry.decodedBodySize)""")
        assert sum(kept) < 150_000, (path, kept)  # not even compressed


def test_talk_wallet_and_applying_again(stack: Stack, browser: Browser, citizen: Page) -> None:
    _, reference = story.apply(stack.base_url)
    citizen.goto(f"{stack.base_url}/ho-so/{reference}")
    sign_in(citizen, "congdan")
    citizen.get_by_label("Câu hỏi của bạn").fill("Tôi có phải đến trụ sở không?")
    click(citizen, "Gửi câu hỏi")
    expect(citizen.locator("#trao-doi")).to_contain_text("Cán bộ trả lời trước")
    check_page(citizen)
    desk = person(browser, stack, "motcua", 1366)
    desk.goto(f"/can-bo/ho-so/{reference}")
    desk.get_by_label("Câu trả lời").fill("Không, kết quả có trên trang này.")
    click(desk, "Gửi câu trả lời")
    check_page(desk)
    desk.context.close()
    citizen.reload()
    expect(citizen.locator("#trao-doi")).to_contain_text("Không, kết quả có trên trang này.")
    click(citizen, "Nộp hồ sơ mới với nội dung này")
    draft = citizen.url.split("/to-khai/")[0]
    citizen.goto(f"{draft}/to-khai/child")
    expect(citizen.locator("#child_name")).to_have_value(BIRTH["child"]["child_name"])
    citizen.goto(f"{draft}/giay-to")
    paper = citizen.locator("#giay-to-0")
    paper.get_by_text("Dùng lại giấy tờ trong kho").click()
    check_page(citizen)
    paper.locator("[name=paper]").first.check()
    click(citizen, paper.get_by_role("button", name="Dùng lại").inner_text())
    expect(paper.get_by_label("Đã có tệp")).to_be_visible()
    send(citizen)
    citizen.goto(f"{stack.base_url}/kho-giay-to")
    expect(citizen.locator("main")).to_contain_text("Giấy chứng sinh")
    check_page(citizen)


def test_following_a_case_by_a_code_to_the_phone(stack: Stack, citizen: Page) -> None:
    _, reference = story.apply(stack.base_url)
    citizen.goto(f"{stack.base_url}/tra-cuu")
    check_page(citizen)
    citizen.locator("#reference-2").fill(reference)
    citizen.locator("#phone").fill(BIRTH["requester"]["requester_phone"])
    click(citizen, "Gửi mã cho tôi")
    check_page(citizen)
    code = story.code_sent(stack.base_url)
    citizen.locator("#code").fill("000000")
    click(citizen, "Xem hồ sơ")
    expect(citizen.locator("#code-error")).to_be_visible()
    citizen.locator("#code").fill(code)
    click(citizen, "Xem hồ sơ")
    expect(citizen.locator("main")).to_contain_text("Hồ sơ đã đến")
    expect(citizen.locator("main")).not_to_contain_text(BIRTH["requester"]["requester_name"])
    check_page(citizen)


def test_an_officer_types_for_somebody_at_the_desk(stack: Stack, browser: Browser) -> None:
    desk = person(browser, stack, "motcua", 1366)
    desk.goto("/thu-tuc/1.001193/nop-ho-so")
    check_page(desk)
    desk.get_by_label("Nhập giúp người dân tại quầy").check()
    desk.get_by_label("Cơ quan tiếp nhận").select_option(label=WARD)
    click(desk, "Bắt đầu")
    expect(desk.locator("#requester_name")).to_have_value("")
    for values in BIRTH.values():
        fill_step(desk, values)
        click(desk, "Lưu và tiếp tục")
    noise = io.BytesIO()
    Image.effect_noise((800, 600), 50).save(noise, "PNG")
    desk.locator("#tep-0").set_input_files({"name": "quet.png", "mimeType": "image/png", "buffer": noise.getvalue()})
    expect(desk.locator("#giay-to-0").get_by_label("Đã có tệp")).to_be_visible(timeout=20_000)
    click(desk, "Tiếp tục", "link")
    click(desk, "Tiếp tục", "link")
    desk.locator("#declared").check()
    click(desk, "Gửi hồ sơ")
    expect(desk.locator("main")).to_contain_text("Cán bộ nhập giúp")
    check_page(desk)
    desk.context.close()
