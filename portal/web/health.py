"""Is everything there? For load balancers, the supervisor and the operator."""

from __future__ import annotations

from typing import Any

from celery import Celery
from flask import Blueprint, jsonify
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from portal.web.access import public
from portal.web.session import settings

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Any:
    """200 if database, broker and a worker answer, else 503; the body says which does not."""
    states = check(settings())
    return jsonify(states), 200 if all(state == "ok" for state in states.values()) else 503


def check(settings: Settings) -> dict[str, str]:
    """ "ok" or the kind of error for database, broker and worker."""
    states = {"database": _database(settings), "broker": _broker(settings)}
    states["worker"] = _worker(settings) if states["broker"] == "ok" else "no broker"
    return states


def _database(settings: Settings) -> str:
    engine = create_engine(settings.database_url, hide_parameters=True, connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1 FROM catalog_loads LIMIT 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    finally:
        engine.dispose()
    return "ok"


def _broker(settings: Settings) -> str:
    try:
        with Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3) as redis:
            redis.ping()
    except RedisError as error:
        return type(error).__name__
    return "ok"


def _worker(settings: Settings) -> str:
    with Celery(broker=settings.broker_url, set_as_current=False) as client:
        replies = client.control.ping(timeout=3, limit=1)
    return "ok" if replies else "no answer"
