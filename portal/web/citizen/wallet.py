"""The wallet of papers."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.base.clock import local_day, now
from portal.base.errors import Refusal
from portal.documents import uploads, wallet
from portal.web.access import signed_in
from portal.web.citizen.blueprints import wallet as blueprint
from portal.web.files import prepare, stored_response
from portal.web.requests import day_in
from portal.web.security import limiter
from portal.web.session import account, db, settings, storage, writing
from services_catalog.text import nfc

_LONGEST_NAME = 300


@blueprint.get("/kho-giay-to")
@signed_in
def papers() -> str:
    """What the person keeps."""
    return _page()


@blueprint.post("/kho-giay-to")
@signed_in
@limiter.limit("100 per hour", key_func=lambda: str(account().id))
def put_in() -> Any:
    """Put a paper in."""
    name, file = nfc(request.form.get("name", "")), request.files.get("file")
    errors: dict[str, str] = {}
    if not name or len(name) > _LONGEST_NAME:
        errors["name"] = "Hãy nhập tên giấy tờ, ví dụ Giấy khai sinh của con."
    if file is None or not file.filename:
        errors["file"] = "Hãy chọn tệp hoặc chụp ảnh."
    if errors or file is None:
        return _page(errors), 422
    try:
        prepared = prepare(uploads.Incoming(file.filename or "", file.stream.read()))
    except Refusal as refusal:
        return _page({"file": refusal.message}), 422
    with writing() as session:
        wallet.put_in(session, storage(), account().id, name, prepared, now())
    flash("Đã cất giấy tờ vào kho.")
    return redirect(url_for("wallet.papers"))


@blueprint.get("/kho-giay-to/<uuid:paper_id>")
@signed_in
def view_paper(paper_id: uuid.UUID) -> Any:
    """A paper, to look at."""
    return stored_response(wallet.paper_of(db(), account().id, paper_id))


@blueprint.post("/kho-giay-to/<uuid:paper_id>")
@signed_in
def change_paper(paper_id: uuid.UUID) -> Any:
    """Write down until when it is valid, or take it out."""
    until = request.form.get("valid_until", "").strip()
    day: date | None = day_in(until)
    if until and day is None and request.form.get("do") != "remove":
        return _page({f"valid_until-{paper_id}": "Hãy chọn ngày hết hạn."}), 422
    with writing() as session:
        paper = wallet.paper_of(session, account().id, paper_id)
        if request.form.get("do") == "remove":
            session.delete(paper)
        else:
            paper.valid_until = day
    flash("Đã bỏ giấy tờ khỏi kho." if request.form.get("do") == "remove" else "Đã ghi ngày hết hạn.")
    return redirect(url_for("wallet.papers"))


def _page(errors: dict[str, str] | None = None) -> str:
    return render_template(
        "citizen/wallet.html", papers=wallet.papers_of(db(), account().id), errors=errors or {}, typed=request.form,
        today=local_day(now()), is_expired=wallet.is_expired, max_mb=settings().max_upload_mb,
        accept=",".join(uploads.ACCEPTED),
    )  # fmt: skip
