"""Case codes (mã hồ sơ): `H37.19-261124-0001`, per agency and local day."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.agencies.codes import new_spelling
from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.base.errors import Refusal
from portal.cases.models import CaseCounter

_WITHIN = re.compile(r"[0-9H][0-9H.]*-\d{6}-\d{4,}")
_REFERENCE = re.compile(r"^([0-9H.]+)-(\d{6})-(\d{4,})$")


def next_reference(session: Session, agency: Agency, now: datetime) -> str:
    """The next code of the agency for the local day of `now`.

    The row lock of the upsert makes concurrent callers wait for each other; a transaction that rolls
    back gives its number back. More than 9,999 a day widen the number, they do not wrap.
    """
    if not agency.code:
        raise Refusal("no_agency_code", f"{agency.name} chưa có mã định danh nên chưa nhận được hồ sơ.")
    day = local_day(now)
    counter = insert(CaseCounter).values(agency_key=agency.key, day=day, last=1)
    counter = counter.on_conflict_do_update(index_elements=["agency_key", "day"], set_={"last": CaseCounter.last + 1})
    number = session.scalar(counter.returning(CaseCounter.last))
    return f"{agency.code}-{day:%y%m%d}-{number:04d}"


def mentioned(text: str) -> str | None:
    """The code in a text, in our spelling: typed alone, or within a link, as a scanner reads it off a receipt."""
    found = _WITHIN.search(text.upper())
    return normalise(found[0]) if found else normalise(text)


def normalise(typed: str) -> str | None:
    """What a person typed as a reference in our spelling, or None if it is none."""
    match = _REFERENCE.match(re.sub(r"\s", "", typed).upper())
    return f"{new_spelling(match[1])}-{match[2]}-{match[3]}" if match else None
