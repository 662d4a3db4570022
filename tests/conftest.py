"""Fixtures: real servers for the process, a database of its own for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from config import Settings
from portal.base.db import Database
from portal.gateways.storage.folder import FolderStorage
from portal.migrations.run import upgrade
from portal.publishing.loading import load
from portal.runtime import demo
from portal.web.app import create_app, open_outside
from tests.support.desk import Desk
from tests.support.pki import Pki
from tests.support.servers import Servers, memory_folder, running_servers, server_folder
from tests.support.stack import SEED, Stack, free_port

_number = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """A folder that all test processes of this run share; made and removed by the one that starts them."""
    if not hasattr(config, "workerinput"):
        os.environ[SEED] = tempfile.mkdtemp(prefix="portal-seed-", dir=memory_folder())
        Path(os.environ[SEED]).chmod(0o755)


def pytest_unconfigure(config: pytest.Config) -> None:
    """See `pytest_configure`."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[SEED], ignore_errors=True)


# A Tuesday morning, within office hours in Lạng Sơn (UTC+7).
MORNING = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey for this process."""
    with server_folder(in_memory=True) as folder, running_servers(folder) as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """The name of a database with schema, catalogue and demonstration accounts."""
    database = Database(servers.database_url("portal"))
    upgrade(database.engine)
    with database.unit_of_work() as session:
        load(session, MORNING)
        demo.create_accounts(session, MORNING)
    database.dispose()
    return "portal"


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """A database that this test has alone: a copy of the template."""
    name = f"test_{next(_number)}"
    with psycopg.connect(servers.database_url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER portal STRATEGY file_copy")
        yield servers.database_url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The domain's way into the test's database."""
    database = Database(database_url, pool_size=20)
    yield database
    database.dispose()


@pytest.fixture
def redis(servers: Servers) -> Iterator[Redis]:
    """An empty Valkey."""
    with Redis.from_url(servers.redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def settings(tmp_path: Path, servers: Servers, database_url: str, redis: Redis) -> Settings:
    """Settings for the test's own database and the process's Valkey."""
    return Settings.from_env(
        {"VAR_DIR": str(tmp_path), "DATABASE_URL": database_url, "REDIS_URL": servers.redis_url, "PORT": "8000"}
    )


@pytest.fixture(scope="session")
def made_app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, dict[str, Any]]:
    """The web site with its configuration. Made once: compiling routes and pages is the same for every test."""
    env = {"VAR_DIR": str(tmp_path_factory.mktemp("app")), "DATABASE_URL": servers.database_url("postgres"),
           "REDIS_URL": servers.redis_url, "PORT": "8000"}  # fmt: skip
    made = create_app(Settings.from_env(env))
    made.extensions["database"].dispose()
    return made, dict(made.config)


@pytest.fixture
def app(settings: Settings, made_app: tuple[Flask, dict[str, Any]]) -> Iterator[Flask]:
    """The web site, as it runs, with what is this test's own."""
    app, config = made_app
    app.config.clear()
    app.config.update(config)
    open_outside(app, settings)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def storage(settings: Settings) -> FolderStorage:
    """Where the test's files are kept."""
    return FolderStorage(settings.files_dir)


@pytest.fixture
def desk(database: Database, storage: FolderStorage) -> Desk:
    """The people of the demonstration ward, for tests of the domain."""
    return Desk(database, storage, MORNING)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    """An authority with keys, on sockets, for tests that leave its certificates in force."""
    made = Pki(tmp_path_factory.mktemp("pki"))
    yield made
    made.web.close()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A whole portal with real processes, for tests that leave it running."""
    with server_folder(in_memory=True) as folder:
        running = Stack(folder, free_port())
        running.start()
        yield running
        running.stop()
