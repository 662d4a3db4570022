"""The database itself wakes the relay, once for each statement, in place of a NOTIFY from every writer."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_messages_wake AFTER INSERT ON outbox_messages "
        "FOR EACH STATEMENT EXECUTE FUNCTION wake_relay()"
    )

    op.create_index("ix_outbox_messages_subject", "outbox_messages", ["subject_id", "topic"])


def downgrade() -> None:
    op.drop_index("ix_outbox_messages_subject", "outbox_messages")
    op.execute("DROP TRIGGER outbox_messages_wake ON outbox_messages")
    op.execute("DROP FUNCTION wake_relay()")
