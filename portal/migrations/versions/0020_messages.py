"""Messages by several channels: tries, receipts, health of gateways, preferences, texts, what comes in; lanes of the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OPEN = "state IN ('waiting', 'sending', 'unclear', 'sent')"
KEEP = """
INSERT INTO messages (key, notice_id, case_id, purpose, channel, lane, address, text, state, event_at, created_at, sent_at, ended_at, failure)
SELECT 'notice-' || id || '-' || to_char(created_at AT TIME ZONE 'UTC', 'YYMMDDHH24MISS'), id, case_id, purpose, 'sms', 1, phone, text,
  CASE WHEN sent_at IS NOT NULL THEN 'unconfirmed' ELSE 'failed' END, created_at, created_at, sent_at, coalesce(sent_at, failed_at), failure
FROM notices WHERE phone IS NOT NULL AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)
"""


def upgrade() -> None:
    op.add_column("outbox_messages", sa.Column("lane", sa.SmallInteger, server_default="1", nullable=False))
    op.drop_index("ix_outbox_messages_waiting", "outbox_messages")
    op.create_index(
        "ix_outbox_messages_waiting", "outbox_messages", ["lane", "id"], postgresql_where="relayed_at IS NULL"
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, unique=True, nullable=False),
        sa.Column("notice_id", sa.BigInteger, sa.ForeignKey("notices.id")),
        sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id")),
        sa.Column("code_id", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("purpose", "channel")),
        sa.Column("lane", sa.BigInteger, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, server_default="", nullable=False) for name in ("subject", "text", "template")),
        sa.Column("params", JSONB, server_default="{}", nullable=False),
        sa.Column("rest", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("gateway", sa.Text),
        sa.Column("provider_id", sa.Text),
        sa.Column("tries", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("next_try_at", INSTANT),
        sa.Column("event_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.Column(name, INSTANT) for name in ("sent_at", "delivered_at", "ended_at")),
        sa.Column("failure", sa.Text),
        sa.Column("parts", sa.BigInteger, server_default="1", nullable=False),
        sa.Column("cost_vnd", sa.BigInteger),
        sa.Column("repeats_id", sa.BigInteger, sa.ForeignKey("messages.id")),
        sa.Column("repeated_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("repeat_reason", sa.Text),
    )
    op.create_index("ix_messages_due", "messages", ["lane", "next_try_at", "id"], postgresql_where=sa.text(OPEN))
    op.create_index(
        "ix_messages_provider",
        "messages",
        ["gateway", "provider_id"],
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index("ix_messages_address", "messages", ["address", "created_at"])
    op.create_index("ix_messages_case", "messages", ["case_id", "id"])
    op.create_index("ix_messages_notice", "messages", ["notice_id"])
    op.create_index("ix_messages_created", "messages", ["created_at"])
    _keep_what_was_sent()
    op.add_column("notices", sa.Column("email", sa.Text))
    op.add_column("notices", sa.Column("facts", JSONB, server_default="{}", nullable=False))
    op.add_column("notices", sa.Column("read_at", INSTANT))
    op.create_index("ix_notices_case", "notices", ["case_id", "id"])
    op.create_table(
        "message_tries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), nullable=False),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_message_tries_message", "message_tries", ["message_id", "id"])
    op.create_index("ix_message_tries_at", "message_tries", ["at"])
    op.create_table(
        "gateway_health",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("closed_until", INSTANT),
        sa.Column("reason", sa.Text),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("tries", "failures", "milliseconds")),
        sa.Column("measured_at", INSTANT, nullable=False),
    )
    op.create_table(
        "sealed_tokens",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
    )
    op.create_table(
        "contact_preferences",
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("channels", ARRAY(sa.Text), nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("language", sa.Text, server_default="vi", nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
    )
    op.create_table(
        "channel_stops",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("since", INSTANT, nullable=False),
    )
    op.create_table(
        "text_templates",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("purpose", "channel", "language")),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made_by", sa.BigInteger, sa.ForeignKey("accounts.id")),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.UniqueConstraint("purpose", "channel", "language", "version", name="uq_text_templates_version"),
    )
    op.create_table(
        "incoming_messages",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("gateway", "provider_id", "channel", "address", "understood")
        ),
        sa.Column("at", INSTANT, nullable=False),
        sa.UniqueConstraint("gateway", "provider_id", name="uq_incoming_messages_once"),
    )
    op.create_index("ix_incoming_messages_address", "incoming_messages", ["address", "at"])


def _keep_what_was_sent() -> None:
    """Of each notice that went to a phone, the message it was; the columns that said so go."""
    op.execute(KEEP)
    for name in ("sent_at", "failed_at", "failure"):
        op.drop_column("notices", name)


def downgrade() -> None:
    op.drop_index("ix_notices_case", "notices")
    for name in ("email", "facts", "read_at"):
        op.drop_column("notices", name)
    op.add_column("notices", sa.Column("sent_at", INSTANT))
    op.add_column("notices", sa.Column("failed_at", INSTANT))
    op.add_column("notices", sa.Column("failure", sa.Text))
    op.execute(
        "UPDATE notices n SET sent_at = m.sent_at, failed_at = CASE WHEN m.sent_at IS NULL THEN m.ended_at END, failure = m.failure "
        "FROM messages m WHERE m.notice_id = n.id AND m.repeats_id IS NULL"
    )
    for name in ("incoming_messages", "text_templates", "channel_stops", "contact_preferences", "sealed_tokens", "gateway_health",
                 "message_tries", "messages"):  # fmt: skip
        op.drop_table(name)
    op.drop_index("ix_outbox_messages_waiting", "outbox_messages")
    op.create_index("ix_outbox_messages_waiting", "outbox_messages", ["id"], postgresql_where="relayed_at IS NULL")
    op.drop_column("outbox_messages", "lane")
