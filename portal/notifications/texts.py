"""The words of messages: shipped ones, or what an administrator has written in their place, by purpose and channel."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.gateways.messages import Channel
from portal.gateways.segments import folded, segments
from portal.identity.actor import Actor
from portal.notifications.compose import PLACEHOLDERS
from portal.notifications.models import TextTemplate
from services_catalog.text import nfc_lines

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
# Zalo's words are approved by Zalo: here only their parameters are filled.
WRITTEN = (Channel.SMS, Channel.EMAIL)
_SHIPPED = {
    (Channel.SMS, "vi"): "Hồ sơ {reference} ({procedure}) {status}",
    (Channel.SMS, "en"): "Case {reference} ({procedure}) {status}",
    (Channel.EMAIL, "vi"): "Hồ sơ {reference} ({procedure}) {status}\n\nXem hồ sơ: {link}",
    (Channel.EMAIL, "en"): "Case {reference} ({procedure}) {status}\n\nSee the case: {link}",
}
_SUBJECTS = {"vi": "Hồ sơ {reference}: {title}", "en": "Case {reference}: {title}"}
_MOST_PARTS, _LONGEST = 4, 5000
# Parameters of the template at Zalo, with the longest that it takes.
_ZALO = {"ma_ho_so": ("reference", 30), "thu_tuc": ("procedure", 200), "trang_thai": ("title", 30),
         "noi_dung": ("status", 200)}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """What a message says."""

    text: str
    subject: str = ""
    params: dict[str, str] = field(default_factory=dict)


def words_for(
    session: Session, purpose: str, channel: Channel, language: str, facts: Mapping[str, Any], usual: str
) -> Words:
    """The words of a message; `facts` are `compose.values_of` with the link, `usual` is said where there are none."""
    values = dict(facts.get(language) or facts.get("vi") or {})
    if not values:
        return Words(usual, usual[:60])
    values["link"] = str(facts.get("link", ""))
    text = fill(template_of(session, purpose, channel, language), values)
    params = {name: _cut(values[source], most) for name, (source, most) in _ZALO.items()}
    return Words(text, fill(_SUBJECTS[language], values), params)


def template_of(session: Session, purpose: str, channel: Channel, language: str) -> str:
    """The text that holds now, with its placeholders."""
    if channel not in WRITTEN:
        return _SHIPPED[Channel.SMS, language]
    return next((row.text for row in versions_of(session, purpose, channel, language)), _SHIPPED[channel, language])


def versions_of(session: Session, purpose: str, channel: Channel, language: str) -> Sequence[TextTemplate]:
    """What was written for this, the newest first."""
    query = select(TextTemplate).where(
        TextTemplate.purpose == purpose, TextTemplate.channel == channel, TextTemplate.language == language
    )
    return session.scalars(query.order_by(TextTemplate.version.desc())).all()


def save(
    session: Session, purpose: str, channel: Channel, language: str, text: str, sample: Mapping[str, str], *, by: Actor,
    now: datetime, with_accents: bool = False,
) -> TextTemplate:  # fmt: skip
    """A new version. Raises `Invalid` for placeholders that there are not, and for SMS of too many parts."""
    text = nfc_lines(text)
    if sentence := _mistake(text, channel, sample, with_accents):
        raise Invalid({"text": sentence})
    same = (TextTemplate.purpose == purpose, TextTemplate.channel == channel, TextTemplate.language == language)
    last = session.scalar(select(func.max(TextTemplate.version)).where(*same)) or 0
    row = TextTemplate(purpose=purpose, channel=channel, language=language, version=last + 1, text=text,
                       made_by=by.account_id, made_at=now)  # fmt: skip
    session.add(row)
    session.flush()
    return row


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled."""
    return " ".join(template.format_map(values).split(" ")).strip()


def _mistake(text: str, channel: Channel, sample: Mapping[str, str], with_accents: bool) -> str | None:
    try:
        names = [name for _, name, spec, conversion in string.Formatter().parse(text) if name is not None]
        plain = all(not spec and not conversion for _, name, spec, conversion in string.Formatter().parse(text) if name)
    except ValueError:
        return "Dấu ngoặc nhọn phải đi thành cặp, ví dụ {reference}."
    if unknown := [name for name in names if name not in PLACEHOLDERS]:
        return f"Không có mục “{{{unknown[0]}}}”. Chỉ dùng: {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
    if not plain:
        return "Chỉ ghi tên mục trong ngoặc nhọn, ví dụ {reference}."
    if "reference" not in names:
        return "Tin phải có mã hồ sơ: {reference}."
    if not text or len(text) > _LONGEST:
        return f"Hãy ghi nội dung, không quá {_LONGEST} ký tự."
    filled = fill(text, sample)
    parts = segments(filled if with_accents else folded(filled)).parts
    if channel is Channel.SMS and parts > _MOST_PARTS:
        return f"Tin mẫu dài {parts} phần; nhiều nhất {_MOST_PARTS}. Hãy viết ngắn lại."
    return None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
