"""Certificates of people and agencies: which key signs for whom, until when, and binding another one."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.administration import audit
from portal.administration.audit import Subject
from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.errors import Invalid, Refusal
from portal.documents.photos import as_png
from portal.identity.models import Account, Role
from portal.issuing import certificates as rules
from portal.issuing.models import Certificate
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db, storage, tools, writing

_SOON_DAYS = 30


@blueprint.get("/chung-thu-so")
@configurator
def signing_certificates() -> str:
    """All that are in use, those that expire first in front."""
    _require_keeper()
    return _page({}, {})


@blueprint.post("/chung-thu-so")
@configurator
def bind_certificate() -> Any:
    """Bind a certificate to a person or an agency, after a look at it."""
    _require_keeper()
    typed = request.form
    try:
        picture = _picture()
        with writing() as session:
            holder = _holder(typed)
            found = rules.bind(
                session, tools(), **holder, way=typed.get("way", ""), key=typed.get("key", "").strip(),
                name_reason=typed.get("name_reason", ""), picture_sha256=storage().put(picture) if picture else None,
                by=actor().account_id, now=now(),
            )  # fmt: skip
            audit.record(session, actor(), Subject.CERTIFICATE, found.serial, "Gắn chứng thư số", now(),
                         name=found.subject, reason=found.name_reason or "")  # fmt: skip
    except Invalid as invalid:
        return _page(typed, invalid.errors), 422
    flash(f"Đã gắn chứng thư số của {found.subject}.")
    return redirect(url_for("admin.signing_certificates"))


@blueprint.post("/chung-thu-so/<int:certificate_id>/go")
@configurator
def unbind_certificate(certificate_id: int) -> Any:
    """Have a certificate sign no longer."""
    _require_keeper()
    try:
        with writing() as session:
            found = rules.unbind(session, certificate_id, now())
            audit.record(session, actor(), Subject.CERTIFICATE, found.serial, "Gỡ chứng thư số", now(),
                         name=found.subject)  # fmt: skip
    except Refusal as refusal:
        return _page({}, {"key": refusal.message}), 404
    flash("Đã gỡ chứng thư số.")
    return redirect(url_for("admin.signing_certificates"))


def _require_keeper() -> None:
    """Keys of the whole province are kept by those who configure it."""
    if not actor().has_everywhere(Role.CONFIGURATOR):
        abort(403)


def _holder(typed: Any) -> dict[str, Any]:
    """Whose it is. Raises `Invalid`."""
    login, key = typed.get("login", "").strip(), typed.get("agency", "")
    if bool(login) == bool(key):
        raise Invalid({"login": "Hãy chọn một cơ quan, hoặc ghi tên đăng nhập của một cán bộ: một trong hai."})
    if key:
        agency = db().get(Agency, key)
        if agency is None or not agency.is_active:
            raise Invalid({"agency": "Không có cơ quan này."})
        return {"holder_name": agency.name, "agency_key": key}
    account = db().scalar(select(Account).where(Account.login == login, Account.is_active))
    if account is None or not account.positions:
        raise Invalid({"login": "Không có cán bộ nào với tên đăng nhập này."})
    return {"holder_name": account.full_name, "account_id": account.id}


def _picture() -> bytes:
    file = request.files.get("picture")
    if file is None or not file.filename:
        return b""
    try:
        return as_png(file.stream.read())
    except Refusal as refusal:
        raise Invalid({"picture": refusal.message}) from refusal


def _page(typed: Any, errors: dict[str, str]) -> str:
    session = db()
    found = rules.bound(session)
    agencies = session.execute(select(Agency.key, Agency.name).where(Agency.is_active).order_by(Agency.name)).all()
    accounts = select(Account.id, Account.full_name).where(
        Account.id.in_([one.account_id for one in found if one.account_id])
    )
    ways = [(name, signer.label) for name, signer in tools().signers.items()]
    return render_template(
        "admin/certificates.html", found=found, typed=typed, errors=errors, agencies=[tuple(row) for row in agencies],
        agency_names={row.key: row.name for row in agencies}, people=dict(session.execute(accounts).all()), ways=ways,
        way_names=dict(ways), now=now(), state=_state,
    )  # fmt: skip


def _state(one: Certificate) -> str:
    """What whoever keeps it should know."""
    if one.problem:
        return f"✕ {one.problem}"
    left = (one.valid_until - now()).days
    if left < 0:
        return "✕ Đã hết hạn."
    return f"! Còn {left} ngày." if left < _SOON_DAYS else "✓ Còn hiệu lực."
