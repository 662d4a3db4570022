"""Malware: files in which it was found are kept apart, and files that the scanner has not seen are shown to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.base.logs import logger
from portal.documents.models import Document, QuarantinedFile, Scan, WalletPaper
from portal.gateways.antivirus import Scanner, ScannerDown
from portal.gateways.storage import Storage

_log = logger(__name__)
_AT_ONCE = 50


def quarantine(
    session: Session, storage: Storage, content: bytes, found: str, *, account_id: int | None, now: datetime
) -> None:
    """Keep an infected file apart, with a line for the operator."""
    sha256 = storage.quarantined().put(content)
    row = QuarantinedFile(sha256=sha256, found=found, size=len(content), account_id=account_id, found_at=now)
    session.add(row)
    _log.warning("file_quarantined", found=found, sha256=sha256)


def waiting(session: Session) -> list[str]:
    """The SHA-256 of files that the scanner has not seen, those of cases and drafts first, oldest first."""
    handed_in = select(Document.sha256).where(Document.scan == Scan.WAITING).order_by(Document.uploaded_at)
    kept = select(WalletPaper.sha256).where(WalletPaper.scan == Scan.WAITING).order_by(WalletPaper.kept_at)
    found = [*session.scalars(handed_in.limit(_AT_ONCE)), *session.scalars(kept.limit(_AT_ONCE))]
    return list(dict.fromkeys(found))


def scan_one(session: Session, storage: Storage, scanner: Scanner, sha256: str, now: datetime) -> bool:
    """Show one file to the scanner; False where the scanner itself does not answer.

    A file that is too large or too slow for it stays shut; the others are not to wait for it.
    """
    if not storage.has(sha256):  # nobody will open what is not there
        _settle(session, sha256, Scan.INFECTED)
        return True
    content = storage.get(sha256)
    try:
        verdict = scanner.scan(content)
    except ScannerDown:
        return _answers(scanner)
    _settle(session, sha256, Scan.INFECTED if verdict.found else Scan.CLEAN)
    if verdict.found:
        owner = session.scalar(select(WalletPaper.account_id).where(WalletPaper.sha256 == sha256))
        quarantine(session, storage, content, verdict.found, account_id=owner, now=now)
        storage.delete(sha256)
    return True


def _answers(scanner: Scanner) -> bool:
    try:
        return bool(scanner.version())
    except ScannerDown:
        return False


def _settle(session: Session, sha256: str, scan: Scan) -> None:
    for table in (Document, WalletPaper):
        session.execute(update(table).where(table.sha256 == sha256).values(scan=scan))


def waiting_count(session: Session) -> int:
    """How many files the scanner has not seen."""
    return session.scalar(select(func.count()).select_from(Document).where(Document.scan == Scan.WAITING)) or 0


def quarantined(session: Session, since: datetime) -> list[QuarantinedFile]:
    """What was found since then, newest first."""
    query = select(QuarantinedFile).where(QuarantinedFile.found_at >= since)
    return list(session.scalars(query.order_by(QuarantinedFile.id.desc()).limit(100)))


def a_month_before(now: datetime) -> datetime:
    """Since when the operator is shown what was found."""
    return now - timedelta(days=30)
