"""The database: one engine a process, sessions that commit at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Text, create_engine, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, sessionmaker


class Base(DeclarativeBase):
    """Base of all rows. Instants are stored with their zone, i.e. in UTC."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


Row = TypeVar("Row")


def claim_due(
    session: Session, row: type[Row], due: InstrumentedAttribute[datetime | None], now: datetime, lease: timedelta
) -> Row | None:
    """The row whose time has come first, put off by `lease` so that nobody else takes it up; any number may claim."""
    query = select(row).where(due <= now).order_by(due).limit(1)
    found = session.scalar(query.with_for_update(skip_locked=True))
    if found is not None:
        setattr(found, due.key, now + lease)
    return found


class Database:
    """Hands out sessions. Make one in each process, after forking.

    `checks_connections`: whether a connection is tried before it is used. Who tries again anyway saves the time.
    """

    def __init__(self, url: str, *, pool_size: int = 5, checks_connections: bool = True):
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            pool_pre_ping=checks_connections,
            hide_parameters=True,
            connect_args={"options": "-c timezone=UTC"},
        )
        self.session = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        with self.session() as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
