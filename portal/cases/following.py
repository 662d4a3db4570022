"""Following a case without an account: its code, and a code by SMS to the phone that was given with it.

Nothing tells whether there is such a case or such a phone: the answers, and the work for them, are the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cases.following_models import LookupCode
from portal.cases.models import Case, CasePerson
from portal.cases.references import normalise
from portal.gateways.messages import Channel
from portal.notifications.models import Lane, Message, MessageState
from portal.outbox.actions import announce

WRONG = "Mã không đúng hoặc đã hết hạn. Hãy kiểm tra lại, hoặc xin mã mới."
VALID = timedelta(minutes=10)
_MOST_TRIES = 5
# Of one case in an hour, so that nobody's phone is flooded.
_MOST_CODES = 3
_KEPT = timedelta(days=1)


def ask(session: Session, reference: str, phone: str, now: datetime) -> str:
    """Have a code sent to `phone` (+84…) if it belongs to the case; returns the key to show it with."""
    normal = normalise(reference)
    case_id = session.scalar(select(Case.id).where(Case.reference == normal)) if normal else None
    is_known = _is_phone_of(session, case_id or 0, phone)
    recent = (
        select(func.count())
        .select_from(LookupCode)
        .where(LookupCode.case_id == (case_id or 0), LookupCode.made_at > now - timedelta(hours=1))
    )
    may_send = is_known and (session.scalar(recent) or 0) < _MOST_CODES
    code = LookupCode(
        key=secrets.token_urlsafe(24), case_id=case_id if may_send else None, phone=phone if may_send else None,
        tries=0, made_at=now,
    )  # fmt: skip
    session.add(code)
    session.flush()
    announce(session, "code.asked", code.id, now, lane=Lane.URGENT)
    return code.key


def plan(session: Session, code_id: int, channel_ready: bool, now: datetime) -> Message | None:
    """The message that carries a code to its phone, once; its text is written nowhere."""
    code = session.get(LookupCode, code_id, with_for_update=True, populate_existing=True)
    if (
        code is None
        or code.phone is None
        or code.sent_at is not None
        or now > code.made_at + VALID
        or not channel_ready
    ):
        return None
    code.sent_at = now
    message = Message(
        key=f"code-{code.id}-{code.made_at:%y%m%d%H%M%S}", code_id=code.id, case_id=code.case_id, purpose="code",
        channel=Channel.SMS, lane=Lane.URGENT, address=code.phone, state=MessageState.WAITING, next_try_at=now,
        event_at=code.made_at, created_at=now,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


def text_of(session: Session, code_id: int, secret: str, now: datetime) -> str | None:
    """What the phone is told; None once the code serves no more."""
    code = session.get(LookupCode, code_id)
    if code is None or now > code.made_at + VALID:
        return None
    return f"Ma tra cuu ho so: {digits(code.key, secret)}. Ma co hieu luc 10 phut. Khong dua ma nay cho nguoi khac."


def case_shown(session: Session, key: str, typed: str, secret: str, now: datetime) -> Case | None:
    """The case that the code opens, None where it is wrong, too old, or was tried too often. Each try is counted."""
    code = session.scalar(select(LookupCode).where(LookupCode.key == key).with_for_update())
    if code is None or now > code.made_at + VALID or code.tries >= _MOST_TRIES:
        return None
    code.tries += 1
    is_right = hmac.compare_digest("".join(typed.split()).encode(), digits(key, secret).encode())
    return session.get_one(Case, code.case_id) if is_right and code.case_id is not None else None


def digits(key: str, secret: str) -> str:
    """The six digits that belong to a key."""
    made = hmac.new(secret.encode(), f"lookup:{key}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8], 'big') % 1_000_000:06}"


def forget_old(session: Session, now: datetime) -> None:
    """Forget codes of earlier days."""
    for code in session.scalars(select(LookupCode).where(LookupCode.made_at < now - _KEPT)):
        session.delete(code)


def _is_phone_of(session: Session, case_id: int, phone: str) -> bool:
    people = select(CasePerson.case_id).where(CasePerson.case_id == case_id, CasePerson.phone == phone).limit(1)
    return session.scalar(people) is not None
