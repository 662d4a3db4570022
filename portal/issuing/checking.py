"""What anybody may know of a paper that they hold: by the two codes printed on it, or by its file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.errors import NotFound
from portal.documents.signatures import SignatureReport, signatures_of
from portal.issuing.models import Ended, OutgoingPaper, Step
from portal.issuing.register import is_in_force, paper_by_code

_WRONG = "Không có văn bản nào mang hai mã này. Hãy xem lại hai mã in cạnh mã QR."


@dataclass(frozen=True)
class Known:
    """A paper of the portal. `successor`: the one that has taken its place."""

    paper: OutgoingPaper
    agency: str
    in_force: bool
    successor: OutgoingPaper | None

    @property
    def verdict(self) -> str:
        """Whether it is in force, in words."""
        if self.in_force:
            return "Văn bản còn hiệu lực."
        if self.paper.ended == Ended.REPLACED:
            return "Văn bản đã được thay thế."
        if self.paper.ended == Ended.WITHDRAWN:
            return "Văn bản đã bị thu hồi."
        return "Văn bản đã hết thời hạn hiệu lực."


@dataclass(frozen=True)
class CheckedFile:
    """What a file is: a paper of the portal, byte for byte, or none; and what its signatures say."""

    known: Known | None
    report: SignatureReport | None


def by_codes(session: Session, code: str, check_code: str, day: date) -> Known:
    """The paper that bears both codes. Raises `NotFound`, whichever of them is wrong."""
    found = paper_by_code(session, code)
    typed = "".join(c for c in check_code.upper() if c.isalnum())
    if found is None or found.step != Step.DONE or found.check_code != typed:
        raise NotFound(_WRONG)
    return _known(session, found, day)


def by_file(session: Session, content: bytes, roots: Path | None, day: date) -> CheckedFile:
    """The paper that this is the file of, and the check of its signatures."""
    sha256 = hashlib.sha256(content).hexdigest()
    query = select(OutgoingPaper).where(OutgoingPaper.sha256 == sha256, OutgoingPaper.step == Step.DONE)
    found = session.scalar(query.limit(1))
    return CheckedFile(_known(session, found, day) if found else None, signatures_of(content, roots))


def _known(session: Session, found: OutgoingPaper, day: date) -> Known:
    agency = session.get_one(Agency, found.agency_key)
    successor = session.get(OutgoingPaper, found.replaced_by_id) if found.replaced_by_id else None
    return Known(found, agency.name, is_in_force(found, day), successor)
