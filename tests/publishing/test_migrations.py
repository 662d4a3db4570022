"""The schema goes up and down, and is what the models say."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from portal.base.db import Base, Database
from portal.migrations.run import config_for, downgrade, upgrade
from tests.support.desk import Desk


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config_for()).get_heads()) == 1


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_down_and_up_again_with_data(desk: Desk) -> None:
    desk.submit()
    downgrade(desk.database.engine, "base")
    assert set(inspect(desk.database.engine).get_table_names()) <= {"alembic_version"}
    upgrade(desk.database.engine)
    assert "cases" in inspect(desk.database.engine).get_table_names()
