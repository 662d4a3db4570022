"""Moving the schema up and down."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

_MIGRATION_LOCK = 3700  # any number that no other advisory lock of ours has


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`; two callers at once take turns."""
    _run(engine, lambda config: command.upgrade(config, revision))


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base": nothing left)."""
    _run(engine, lambda config: command.downgrade(config, revision))


def config_for(connection: Connection | None = None) -> Config:
    """The Alembic configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _run(engine: Engine, move: object) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        move(config_for(connection))  # type: ignore[operator]
