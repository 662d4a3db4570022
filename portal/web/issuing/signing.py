"""The papers that wait for somebody's confirmation on the phone: chosen together, confirmed once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import now
from portal.base.errors import NotFound, Refusal
from portal.cases.models import Case
from portal.issuing import certificates, remote
from portal.issuing.models import Asked, SigningRequest
from portal.web.access import staff
from portal.web.issuing.blueprint import blueprint
from portal.web.session import actor, db, settings, tools, writing

# What is said of the latest request.
_SAYINGS = {
    Asked.NEW: "Đang gửi yêu cầu đến nhà cung cấp dịch vụ ký số…",
    Asked.WAITING: "Hãy mở ứng dụng ký số trên điện thoại và xác nhận.",
    Asked.SIGNED: "Đã ký xong. Các văn bản đang được đóng dấu và phát hành.",
    Asked.REFUSED: "Yêu cầu ký đã bị từ chối trên điện thoại. Hãy chọn văn bản và gửi lại khi sẵn sàng.",
    Asked.EXPIRED: "Hết thời gian xác nhận. Hãy chọn văn bản và gửi lại.",
    Asked.FAILED: "Chưa ký được. Hãy kiểm tra chứng thư số còn hiệu lực rồi gửi lại.",
}


@blueprint.get("/ky-so")
@staff
def to_sign() -> str:
    """What waits for this person, and what has become of the last request."""
    _require_signer()
    return _page()


@blueprint.post("/ky-so")
@staff
def sign() -> Any:
    """Ask for one confirmation of the papers that were chosen."""
    _require_signer()
    chosen = [int(text) for text in request.form.getlist("paper") if text.isdecimal()]
    try:
        with writing() as session:
            remote.ask(session, _me(), chosen, now())
    except Refusal as refusal:
        return _page(refusal.message), 422
    flash(f"Đã gửi yêu cầu ký {len(chosen)} văn bản.")
    return redirect(url_for("issuing.to_sign"))


def _require_signer() -> None:
    if not actor().signs:
        raise NotFound("Trang này dành cho người ký văn bản.")


def _me() -> int:
    return actor().account_id or 0


def _page(error: str = "") -> str:
    session = db()
    waiting = remote.waiting(session, _me())
    cases = {one.paper.id: session.get_one(Case, one.paper.case_id) for one in waiting if one.paper.case_id}
    last: SigningRequest | None = remote.last_request(session, _me())
    found = certificates.of_account(session, _me())
    ways = {name: signer.label for name, signer in tools().signers.items()}
    return render_template(
        "issuing/to_sign.html", waiting=waiting, cases=cases, last=last, certificate=found, ways=ways, error=error,
        saying=_SAYINGS[Asked(last.state)] if last else "", is_open=last is not None and last.state in remote.OPEN,
        phone_url=f"http://127.0.0.1:{settings().standins_port}/dien-thoai-ky-so" if settings().plays_standins else "",
    )  # fmt: skip
