"""The wallet (kho giấy tờ): papers and results of earlier cases, to be handed in again without another photo."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.errors import NotFound, Refusal
from portal.documents.models import Document, Scan, Source, WalletPaper
from portal.documents.uploads import Prepared, add
from portal.gateways.storage import Storage
from services_catalog.text import fold

_SAME = ("file_name", "media_type", "size", "sha256", "pages", "scan", "signature")


@dataclass(frozen=True)
class Issued:
    """What a result is: kind of paper, number, who issued it, from when and until when it holds."""

    kind: str
    number: str
    issuer: str
    issued_on: date
    valid_until: date | None


def keep_papers(
    session: Session, account_id: int, papers: list[tuple[str, Document]], reference: str, now: datetime
) -> None:
    """Keep the papers of a case, each with its name. What is there already stays as it is."""
    rows = [
        {
            **{name: getattr(document, name) for name in _SAME},
            "id": uuid.uuid4(),
            "account_id": account_id,
            "name": name,
            "reference": reference,
            "is_result": False,
            "kept_at": now,
        }
        for name, document in papers
    ]
    _insert(session, rows)


def keep_result(
    session: Session, account_id: int, *, name: str, reference: str, sha256: str, size: int, now: datetime,
    about: Issued,
) -> None:  # fmt: skip
    """Keep the result of a case; the same one again is kept once."""
    row = {
        "id": uuid.uuid4(), "account_id": account_id, "name": name, "file_name": f"{reference}.pdf",
        "media_type": "application/pdf", "size": size, "sha256": sha256, "pages": 1, "scan": Scan.OFF,
        "signature": None, "reference": reference, "is_result": True, "kept_at": now, "kind": about.kind,
        "number": about.number, "issuer": about.issuer, "issued_on": about.issued_on, "valid_until": about.valid_until,
    }  # fmt: skip
    _insert(session, [row])


def _insert(session: Session, rows: list[dict[str, object]]) -> None:
    if rows:
        same = insert(WalletPaper).on_conflict_do_nothing(index_elements=["account_id", "sha256"])
        session.execute(same, rows)


def put_in(session: Session, storage: Storage, account_id: int, name: str, file: Prepared, now: datetime) -> None:
    """Keep a file that the person puts into the wallet."""
    sha256 = storage.put(file.content)
    _insert(session, [{
        "id": uuid.uuid4(), "account_id": account_id, "name": name, "file_name": file.file_name,
        "media_type": file.media_type, "size": len(file.content), "sha256": sha256, "pages": file.pages,
        "scan": file.scan, "signature": file.signature, "reference": None, "is_result": False, "kept_at": now,
    }])  # fmt: skip


def papers_of(session: Session, account_id: int) -> list[WalletPaper]:
    """What a person keeps, newest first."""
    query = select(WalletPaper).where(WalletPaper.account_id == account_id)
    return list(session.scalars(query.order_by(WalletPaper.kept_at.desc(), WalletPaper.name)))


def paper_of(session: Session, account_id: int, paper_id: uuid.UUID) -> WalletPaper:
    """One paper of the person's own. Raises `NotFound`."""
    paper = session.get(WalletPaper, paper_id)
    if paper is None or paper.account_id != account_id:
        raise NotFound("Không tìm thấy giấy tờ trong kho.")
    return paper


def fitting(papers: list[WalletPaper], name: str, today: date) -> list[WalletPaper]:
    """Those that may be handed in for a paper of this name, the same name first; not those that have expired."""
    usable = [p for p in papers if p.scan in (Scan.OFF, Scan.CLEAN) and not is_expired(p, today)]
    wanted = set(fold(name).split())

    def likeness(paper: WalletPaper) -> float:
        words = set(fold(paper.name).split())
        return len(wanted & words) / (1 + len(wanted | words))

    return sorted(usable, key=likeness, reverse=True)


def is_expired(paper: WalletPaper, today: date) -> bool:
    """True if the day that the person wrote down is over."""
    return paper.valid_until is not None and paper.valid_until < today


def reuse(
    session: Session, storage: Storage, paper: WalletPaper, *, draft_id: uuid.UUID, slot: int, key: str, most: int,
    now: datetime,
) -> Document:  # fmt: skip
    """Hand a paper of the wallet in for a paper of a draft. Raises `Refusal`. The caller holds the draft's lock."""
    if paper.scan == Scan.INFECTED:
        raise Refusal("infected", "Giấy tờ này có mã độc nên đã bị cách ly. Hãy tải lên bản khác.")
    if is_expired(paper, local_day(now)):
        raise Refusal("expired", "Giấy tờ này đã hết hạn. Hãy tải lên bản còn hạn.")
    file = Prepared(paper.file_name, storage.get(paper.sha256), paper.media_type, paper.pages, Scan(paper.scan),
                    paper.signature)  # fmt: skip
    return add(session, storage, file, draft_id=draft_id, slot=slot, paper=key, most=most, now=now,
               source=Source.REUSED)  # fmt: skip
