"""Celery workers: they listen to the outbox and do what takes time."""
