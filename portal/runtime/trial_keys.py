"""Keys of a trial: certificates of the test authority for the people and agencies of the demonstration."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config import Settings, trial_authority
from portal.agencies.models import Agency
from portal.gateways.signer.file import KeyFiles
from portal.identity.models import Account
from portal.issuing import certificates
from portal.issuing.models import Certificate
from portal.runtime import demo
from portal.standins.authority import TestAuthority

_SIGNER = "lanhdao"
_AGENCIES = (demo.AGENCY, demo.POLICE, demo.OFFICE)
# Who has a key with the providers that are played, and under which number.
PHONE_PERSON, PHONE_NAME = "020090000001", "Lãnh Đạo Mẫu"


def open_authority(settings: Settings) -> TestAuthority:
    """The authority of this installation. One that answered at another port is forgotten with all it gave out."""
    folder, url = trial_authority(settings.var_dir), f"http://127.0.0.1:{settings.standins_port}"
    note = folder / "dia-chi"
    if note.exists() and note.read_text() != url:
        for path in (*folder.glob("*.pem"), *folder.glob("keys/*.p12"), *folder.glob("*.json")):
            path.unlink()
    authority = TestAuthority(folder, url)
    note.write_text(url)
    return authority


def give_out(session: Session, settings: Settings, now: datetime) -> None:
    """Certificates for those who sign in a trial, bound where they are not yet."""
    authority, keys = open_authority(settings), trial_authority(settings.var_dir) / "keys"
    password = settings.gateways["SIGN_FILE_PASSWORD"]
    files = KeyFiles(keys, password)
    signer = session.scalars(select(Account).where(Account.login == _SIGNER)).one()
    wanted: list[tuple[str, str, int | None, str | None]] = [(f"{_SIGNER}.p12", signer.full_name, signer.id, None)]
    for key in _AGENCIES:
        wanted.append((f"{key}.p12", session.get_one(Agency, key).name, None, key))
    for file, name, account_id, agency_key in wanted:
        if not (keys / file).exists():
            authority.issue_file(keys / file, name, password)
        chain = files.certificate(file)
        found = (
            certificates.of_account(session, account_id)
            if account_id
            else certificates.of_agency(session, agency_key or "")
        )
        if found is None or (found.way == "file" and found.content != chain.certificate):
            certificates.put_in_use(session, chain, account_id=account_id, agency_key=agency_key, way="file", key=file,
                                    now=now)  # fmt: skip


def take_back(session: Session, now: datetime) -> None:
    """Where the trial is over nobody signs with a certificate that is worth nothing."""
    in_use = (Certificate.is_test, Certificate.ended_at.is_(None))
    session.execute(update(Certificate).where(*in_use).values(ended_at=now))
