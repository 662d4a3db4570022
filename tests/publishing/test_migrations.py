"""The schema goes up and down, and is what the models say."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from portal.base.db import Base, Database
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.migrations.run import config_for, downgrade, upgrade
from portal.publishing import actions
from portal.publishing import queries as publishing
from services_catalog.loader import library
from tests.support.desk import CODE, Desk


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config_for()).get_heads()) == 1


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_cases_get_their_process_when_versions_open(desk: Desk) -> None:
    case = desk.case_at(Action.ROUTE)
    downgrade(desk.database.engine, "0001")
    upgrade(desk.database.engine)
    with desk.database.unit_of_work() as session:
        moved = session.get_one(Case, case.id)
        assert (moved.stage, moved.stage_role, moved.stage_does) == ("examine", "case_officer", "propose")
        version = publishing.version(session, moved.version_id)
        assert version.workflow == library().workflows["same-day-civil-status"]
        assert version.form == library().forms["birth-registration"]


def test_down_with_versions_that_the_old_rule_did_not_allow(desk: Desk) -> None:
    with desk.database.unit_of_work() as session:
        editor, approver = desk.actor("bientap"), desk.actor("duyetdanhmuc")
        same = actions.open_draft(session, CODE, by=editor, now=desk.now)  # says what version 1 says
        actions.propose(session, same.id, by=editor, now=desk.now)
        actions.approve(session, same.id, by=approver, now=desk.now)
        actions.open_draft(session, CODE, by=editor, now=desk.now)
    case = desk.submit()
    downgrade(desk.database.engine, "0001")
    upgrade(desk.database.engine)
    with desk.database.unit_of_work() as session:
        assert publishing.published(session, CODE).version_id == session.get_one(Case, case.id).version_id


def test_down_and_up_again_with_data(desk: Desk) -> None:
    desk.submit()
    downgrade(desk.database.engine, "base")
    assert set(inspect(desk.database.engine).get_table_names()) <= {"alembic_version"}
    upgrade(desk.database.engine)
    assert "cases" in inspect(desk.database.engine).get_table_names()
