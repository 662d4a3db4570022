"""Brings the database up to date before anything serves: schema, catalogue, demonstration accounts and keys."""

from __future__ import annotations

import sys

from sqlalchemy.exc import OperationalError

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.migrations.run import upgrade
from portal.publishing.loading import load
from portal.runtime import demo, trial_keys
from services_catalog.loader import CatalogError


def prepare(settings: Settings) -> None:
    """Migrate, load the catalogue, open the demonstration accounts or close them. May run twice."""
    database = Database(settings.database_url)
    try:
        upgrade(database.engine)
        with database.unit_of_work() as session:
            load(session, now())
        with database.unit_of_work() as session:
            if settings.demo:
                demo.create_accounts(session, now())
            else:
                demo.close_accounts(session)
            if settings.plays_standins:
                trial_keys.give_out(session, settings, now())
            else:
                trial_keys.take_back(session, now())
    finally:
        database.dispose()


def main() -> int:
    """The command; errors end in one line that says what to do."""
    try:
        prepare(Settings.from_env())
    except CatalogError as error:
        print(f"danh mục có {len(error.mistakes)} lỗi, lỗi đầu: {error.mistakes[0]}", file=sys.stderr)
    except OperationalError as error:
        print(f"cơ sở dữ liệu: {' '.join(str(error.orig).split())}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
