"""Runs migrations on the connection that `portal.migrations.run` hands over."""

from importlib import import_module

from alembic import context

from portal.base.db import Base

for package in (
    "agencies",
    "identity",
    "publishing",
    "outbox",
    "cases",
    "documents",
    "notifications",
    "desk",
    "administration",
):
    import_module(f"portal.{package}.models")

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
