"""How a person with an account wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.gateways.messages import Channel
from portal.notifications.models import ChannelStop, ContactPreference
from portal.notifications.texts import LANGUAGES
from services_catalog.text import nfc


def preference_of(session: Session, account_id: int) -> ContactPreference | None:
    """What the person has set; None: nothing yet, and the usual order holds."""
    return session.get(ContactPreference, account_id)


def save(
    session: Session, account_id: int, channels: Sequence[str], email: str, language: str, phone: str | None,
    now: datetime,
) -> ContactPreference:  # fmt: skip
    """Keep what was chosen: `channels` in their order, those not named are not used. Raises `Invalid`.

    Whoever chooses a channel here takes back what they had stopped from their phone.
    """
    chosen = [name for name in dict.fromkeys(channels) if name in set(Channel)]
    email, errors = nfc(email), {}
    if email:
        try:
            email = validate_email(email, check_deliverability=False).normalized
        except EmailNotValidError:
            errors["email"] = "Địa chỉ thư điện tử không đúng. Ví dụ: ten@example.vn."
    elif Channel.EMAIL in chosen:
        errors["email"] = "Hãy ghi địa chỉ thư điện tử để nhận tin."
    if errors:
        raise Invalid(errors)
    row = session.get(ContactPreference, account_id) or ContactPreference(account_id=account_id)
    row.channels, row.email, row.changed_at = chosen, email or None, now
    row.language = language if language in LANGUAGES else "vi"
    session.add(row)
    if phone and Channel.SMS in chosen and (stop := session.get(ChannelStop, (Channel.SMS.value, phone))):
        session.delete(stop)
    session.flush()
    return row
