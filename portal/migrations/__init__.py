"""Alembic migrations of the schema, numbered, up and down."""
