"""The record of what was changed in administration."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template, request
from sqlalchemy import select

from portal.administration import audit as record
from portal.administration.units import KIND_NAMES, require_unit_keeper
from portal.agencies.models import Agency
from portal.identity import queries as identity
from portal.identity.models import ROLE_NAMES
from portal.web.access import configurator
from portal.web.admin.blueprint import blueprint
from portal.web.session import actor, db

_MOST = 100
_WORDS = {
    "agency": "đơn vị", "role": "vai trò", "name": "tên", "kind": "loại", "code": "mã định danh",
    "parent_key": "cấp trên", "valid_from": "hoạt động từ", "valid_to": "thôi hoạt động sau", "days": "ngày",
    "people": "số người", "units": "số đơn vị", "file": "tệp", "title": "chức danh", "text": "nội dung",
}  # fmt: skip


def _said() -> Callable[[object], str]:
    """Words for what details are kept as: names of fields, roles, kinds, units."""
    agencies = dict(db().execute(select(Agency.key, Agency.name)).all())
    roles = {role.value: name for role, name in ROLE_NAMES.items()}
    words: dict[str, str] = {**agencies, **_WORDS, **roles, **KIND_NAMES}
    return lambda value: words.get(str(value), str(value))


@blueprint.get("/nhat-ky")
@configurator
def audit() -> str:
    """What was changed, the newest first; for who keeps the whole province."""
    require_unit_keeper(actor())
    found = record.entries(db(), subject=request.args.get("loai", ""), before=request.args.get("truoc", type=int),
                           limit=_MOST)  # fmt: skip
    return render_template(
        "admin/audit.html", entries=found, people=identity.names(db(), [e.actor_id or 0 for e in found]), most=_MOST,
        subjects=[(s.value, name) for s, name in record.SUBJECT_NAMES.items()], SUBJECT_NAMES=record.SUBJECT_NAMES,
        said=_said(),
    )  # fmt: skip
