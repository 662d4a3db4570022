"""Rows of notices, of the messages that carry them, and of how people want to be told."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class Lane(IntEnum):
    """What goes first: each lane has a queue and processes of its own."""

    URGENT = 0  # one-time codes, and what the applicant has to do before the case goes on
    NORMAL = 1
    BULK = 2  # one thing that is told to very many


class MessageState(StrEnum):
    """Where a message is."""

    WAITING = "waiting"  # its time has not come, or the next try has not
    SENDING = "sending"  # somebody has it in hand; whoever dies with it leaves it unclear
    UNCLEAR = "unclear"  # it may have been sent: the gateway is asked
    SENT = "sent"  # the gateway has taken it; the receipt is awaited
    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"  # no receipt came in time
    FAILED = "failed"
    MERGED = "merged"  # a newer one of the same case took its place
    LIMITED = "limited"  # too many to this address today
    STOPPED = "stopped"  # the person has asked for none by this way


OPEN = (MessageState.WAITING, MessageState.SENDING, MessageState.UNCLEAR, MessageState.SENT)
_OPEN = "state IN ('waiting', 'sending', 'unclear', 'sent')"


class Notice(Base):
    """One thing to tell one person. The portal's own inbox shows it whatever becomes of the messages."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "uq_notices_once", "event_id", "recipient_id", "purpose", unique=True, postgresql_nulls_not_distinct=True
        ),
        Index("ix_notices_recipient", "recipient_id", "id"),
        Index("ix_notices_case", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("case_events.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    # None: somebody without an account here, who is told by messages alone.
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reference: Mapped[str]
    purpose: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    text: Mapped[str]
    # What templates of texts may say, by name: `portal.notifications.compose`.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Message(Base):
    """What is sent to one address by one channel. `key` is the gateway's request id on every try."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_due", "lane", "next_try_at", "id", postgresql_where=_OPEN),
        Index("ix_messages_provider", "gateway", "provider_id", postgresql_where="provider_id IS NOT NULL"),
        Index("ix_messages_address", "address", "created_at"),
        Index("ix_messages_case", "case_id", "id"),
        Index("ix_messages_notice", "notice_id"),
        Index("ix_messages_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    # Of a one-time code: its text is written nowhere, but made anew for each try.
    code_id: Mapped[int | None]
    purpose: Mapped[str]
    channel: Mapped[str]
    lane: Mapped[int]
    address: Mapped[str]
    subject: Mapped[str] = mapped_column(default="", server_default="")
    text: Mapped[str] = mapped_column(default="", server_default="")
    template: Mapped[str] = mapped_column(default="", server_default="")
    params: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # The channels to try if this one fails.
    rest: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    state: Mapped[str]
    # The gateway that has it, and its number there.
    gateway: Mapped[str | None]
    provider_id: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    # When somebody is to look at it again: to try, to ask, or to wait no longer for the receipt.
    next_try_at: Mapped[datetime | None]
    # When what it tells of happened, and when it was written down to be sent.
    event_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    parts: Mapped[int] = mapped_column(default=1, server_default="1")
    cost_vnd: Mapped[int | None]
    # Sent again by an operator: the message it repeats, who and why.
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    repeated_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    repeat_reason: Mapped[str | None]


class MessageTry(Base):
    """One try to hand a message to a gateway, or to ask what became of it."""

    __tablename__ = "message_tries"
    __table_args__ = (Index("ix_message_tries_message", "message_id", "id"), Index("ix_message_tries_at", "at"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    gateway: Mapped[str]
    at: Mapped[datetime]
    outcome: Mapped[str]
    code: Mapped[str | None]
    milliseconds: Mapped[int]


class GatewayHealth(Base):
    """How a gateway does: the share of its configured weight that it gets, and until when nothing is given to it."""

    __tablename__ = "gateway_health"

    name: Mapped[str] = mapped_column(primary_key=True)
    share: Mapped[float] = mapped_column(default=1.0)
    closed_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    milliseconds: Mapped[int] = mapped_column(default=0)
    measured_at: Mapped[datetime]


class SealedToken(Base):
    """A pair of tokens of an account at a provider, encrypted with a key that is not in the database."""

    __tablename__ = "sealed_tokens"

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    expires_at: Mapped[datetime]
    renewed_at: Mapped[datetime]


class ContactPreference(Base):
    """How a person with an account wants to be told. `channels`: in this order; what is not in it is not used."""

    __tablename__ = "contact_preferences"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="vi", server_default="vi")
    changed_at: Mapped[datetime]


class ChannelStop(Base):
    """Whoever has this address has asked for no more messages by this channel."""

    __tablename__ = "channel_stops"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class TextTemplate(Base):
    """The words of a message, as somebody has written them in place of the shipped ones. The newest version holds."""

    __tablename__ = "text_templates"
    __table_args__ = (UniqueConstraint("purpose", "channel", "language", "version", name="uq_text_templates_version"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    purpose: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    text: Mapped[str]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]


class IncomingMessage(Base):
    """What came from a phone: once for each number of the provider. The text is not kept, only what was understood."""

    __tablename__ = "incoming_messages"
    __table_args__ = (UniqueConstraint("gateway", "provider_id", name="uq_incoming_messages_once"),
                      Index("ix_incoming_messages_address", "address", "at"))  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    gateway: Mapped[str]
    provider_id: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    understood: Mapped[str]
    at: Mapped[datetime]
