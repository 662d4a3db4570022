"""Ticking the papers of a case one by one, and the supplement request that follows from what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.errors import Forbidden, Invalid, NotFound, Stale
from portal.cases.lifecycle import DESK_ROLE, State
from portal.cases.models import Case
from portal.cases.permissions import holds_stage
from portal.desk.models import PaperCheck, PaperKind, Verdict
from portal.documents import uploads
from portal.documents.models import Document
from portal.identity.actor import Actor
from portal.publishing import queries as publishing
from services_catalog.slots import slot_name, slots_of
from services_catalog.text import nfc_lines

KIND_NAMES = {
    PaperKind.ORIGINAL: "Bản chính",
    PaperKind.CERTIFIED: "Bản sao chứng thực",
    PaperKind.COPY: "Bản chụp",
}
VERDICT_NAMES = {Verdict.ACCEPTED: "Đạt", Verdict.TO_CORRECT: "Cần sửa"}
_LONGEST = 1000


@dataclass(frozen=True)
class Paper:
    """A line of the list: a paper that is asked for or was handed in, its files, and what was ticked."""

    slot: int
    name: str
    files: list[Document]
    check: PaperCheck | None

    @property
    def is_wrong(self) -> bool:
        """True if it was found wrong, and nothing newer has come in since."""
        return self.check is not None and self.check.verdict == Verdict.TO_CORRECT and not self.is_newer

    @property
    def is_newer(self) -> bool:
        """True if a file has come in since it was looked at."""
        return self.check is not None and any(file.uploaded_at > self.check.checked_at for file in self.files)


def papers_of(session: Session, case: Case) -> list[Paper]:
    """The papers of a case in the order of the list; those that were not handed in have no files."""
    published = publishing.version(session, case.version_id)
    documents = uploads.of_case(session, case.id)
    checks = {c.slot: c for c in session.scalars(select(PaperCheck).where(PaperCheck.case_id == case.id))}
    asked = {slot.number: slot.name for slot in slots_of(published.procedure, published.form, case.answers)}
    numbers = sorted(asked.keys() | {document.slot for document in documents} | checks.keys())
    return [
        Paper(
            number,
            asked.get(number) or slot_name(published.procedure, published.form, number),
            [document for document in documents if document.slot == number],
            checks.get(number),
        )
        for number in numbers
    ]


def may_tick(session: Session, actor: Actor, case: Case) -> bool:
    """The desk before acceptance, afterwards whoever holds the stage."""
    if case.state == State.SUBMITTED:
        return actor.has(DESK_ROLE, case.agency_key)
    workflow = publishing.version(session, case.version_id).workflow
    return case.state == State.IN_PROCESS and holds_stage(actor, case, workflow)


def tick(
    session: Session, case_id: int, given: Mapping[str, str], *, by: Actor, expected_version: int | None, now: datetime
) -> None:
    """Keep the whole list as ticked: `kind-<slot>`, `sheets-<slot>`, `verdict-<slot>`, `reason-<slot>`.

    `rest`: papers with files on which nothing is said are accepted.
    Raises `Invalid` at the paper that is to be corrected without a reason, `Stale` where the case has moved.
    """
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFound("Không tìm thấy hồ sơ.")
    if not may_tick(session, by, case):
        raise Forbidden("Giấy tờ do người đang giữ bước này kiểm tra.")
    if expected_version is not None and expected_version != case.version:
        raise Stale("Hồ sơ vừa được người khác xử lý. Hãy xem lại tình trạng mới rồi kiểm tra giấy tờ.")
    errors: dict[str, str] = {}
    if given.get("rest"):
        given = _rest_accepted(papers_of(session, case), given)
    for paper in papers_of(session, case):
        _tick_one(session, case, paper, given, errors, by, now)
    if errors:
        raise Invalid(errors)
    session.flush()


def _rest_accepted(papers: list[Paper], given: Mapping[str, str]) -> dict[str, str]:
    rest = {f"verdict-{paper.slot}": Verdict.ACCEPTED.value for paper in papers if paper.files}
    return {**given, **{name: verdict for name, verdict in rest.items() if not given.get(name)}}


def faults(papers: list[Paper]) -> tuple[str, list[int]]:
    """The request that the ticked faults make, a line each, and the places of the papers concerned."""
    wrong = [paper for paper in papers if paper.is_wrong]
    lines = [f"{paper.name}: {'; '.join((paper.check.reason or '').splitlines())}" for paper in wrong if paper.check]
    return "\n".join(lines), [paper.slot for paper in wrong]


def _tick_one(
    session: Session, case: Case, paper: Paper, given: Mapping[str, str], errors: dict[str, str], by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    def of(name: str) -> str:
        return nfc_lines(given.get(f"{name}-{paper.slot}") or "")

    kind, sheets, verdict, reason = of("kind"), of("sheets"), of("verdict"), of("reason") or of("ready")
    errors |= _mistakes(paper, sheets, verdict, reason)
    if errors:
        return
    new = {
        "kind": kind if kind in set(PaperKind) else None,
        "sheets": int(sheets) if sheets else None,
        "verdict": verdict if verdict in set(Verdict) else None,
        "reason": reason if verdict == Verdict.TO_CORRECT else None,
    }
    old = paper.check
    _require_seen(old, given.get(f"seen-{paper.slot}"))
    if old is None and not any(new.values()):
        return
    if old is None or paper.is_newer or any(getattr(old, name) != value for name, value in new.items()):
        session.merge(PaperCheck(case_id=case.id, slot=paper.slot, checked_by=by.account_id, checked_at=now, **new))


def _mistakes(paper: Paper, sheets: str, verdict: str, reason: str) -> dict[str, str]:
    errors = {}
    if sheets and not (sheets.isascii() and sheets.isdecimal() and len(sheets) < 5 and int(sheets)):
        errors[f"sheets-{paper.slot}"] = f"Hãy ghi số tờ của “{paper.name}” bằng chữ số."
    if verdict == Verdict.TO_CORRECT and not reason:
        errors[f"reason-{paper.slot}"] = f"Hãy nêu “{paper.name}” cần sửa gì: người nộp sẽ đọc nguyên văn."
    elif len(reason) > _LONGEST:
        errors[f"reason-{paper.slot}"] = f"Nội dung dài quá {_LONGEST} ký tự. Hãy viết ngắn lại."
    return errors


def _require_seen(old: PaperCheck | None, seen: str | None) -> None:
    """Raises `Stale` where the page showed an older tick: `seen` is the time of the one that it showed."""
    if seen is not None and seen != (old.checked_at.isoformat() if old else ""):
        raise Stale("Đồng nghiệp vừa kiểm tra giấy tờ của hồ sơ này. Hãy xem lại rồi ghi.")
