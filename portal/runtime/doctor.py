"""What is configured, what answers, and what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from portal.agencies.models import Agency
from portal.base.clock import now
from portal.base.db import Database
from portal.gateways.messages import NotConfigured
from portal.gateways.signing import WAYS
from portal.issuing import certificates
from portal.issuing.models import Certificate
from portal.notifications.policy import policy_from
from portal.notifications.routes import routes_from
from portal.outbox.queries import backlog
from portal.publishing.queries import count

_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    is_good: bool
    subject: str
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Everything an operator wants to know; secrets are not in it."""
    return [*_services(settings), *_data(settings), *_configuration(settings)]


def _services(settings: Settings) -> list[Finding]:
    from portal.web.health import check

    states = check(settings)
    where = {
        "database": _database_name(settings),
        "broker": "Valkey đi kèm" if settings.embedded_valkey else "REDIS_URL",
        "worker": "Celery",
    }
    subjects = {"database": "Cơ sở dữ liệu", "broker": "Hàng đợi", "worker": "Tiến trình xử lý"}
    return [Finding(state == "ok", subjects[k], f"{where[k]}: {state}") for k, state in states.items()]


def _database_name(settings: Settings) -> str:
    if settings.embedded_postgres:
        return "PostgreSQL đi kèm"
    return make_url(settings.database_url).render_as_string(hide_password=True)


def _data(settings: Settings) -> list[Finding]:
    database = Database(settings.database_url, pool_size=1)
    try:
        with database.unit_of_work() as session:
            procedures = count(session)
            waiting = backlog(session)
            placeholders = session.scalar(select(func.count()).where(Agency.code_is_placeholder)) or 0
            keys = certificates.bound(session)
    except SQLAlchemyError as error:
        return [Finding(False, "Dữ liệu", f"không đọc được: {type(error).__name__}")]
    finally:
        database.dispose()
    return [
        Finding(procedures > 0, "Danh mục", f"{procedures} thủ tục"),
        Finding(
            waiting["waiting"] < 1000 and not waiting["failing"],
            "Hộp thư đi",
            f"{waiting['waiting']} chờ chuyển, {waiting['open']} chưa xong, {waiting['failing']} hỏng nhiều lần",
        ),
        _signing(settings, keys),
        Finding(True, "Mã cơ quan", f"{placeholders} mã tạm" if placeholders else "mã định danh thật"),
    ]


def _signing(settings: Settings, keys: Sequence[Certificate]) -> Finding:
    """Whether the keys that are bound can be used: nobody signs with one that has expired."""
    bad = sum(bool(one.problem) or one.valid_until <= now() for one in keys)
    soon = sum(now() < one.valid_until <= now() + _SOON for one in keys)
    ways = settings.gateways.get(WAYS, "") or "chưa cài cách ký"
    has_roots = settings.signature_roots is not None
    text = f"{ways}; {len(keys)} chứng thư số, {bad} không dùng được, {soon} sắp hết hạn"
    return Finding(
        not bad and (has_roots or not keys), "Ký số", text if has_roots else f"{text}; thiếu SIGNATURE_ROOTS"
    )


def _gateways(settings: Settings) -> list[Finding]:
    """Whether each channel of messages can be opened as it is configured."""
    try:
        routes = routes_from(settings.gateways)
        policy_from(settings.gateways)
    except (NotConfigured, ValueError) as error:
        return [Finding(False, "Kênh báo tin", str(error))]
    names = [f"{channel}:{name}" for channel, name, _, _ in routes.every()]
    return [Finding(bool(names), "Kênh báo tin", ", ".join(names) or "không có: chỉ báo trong hộp thư của cổng")]


def _configuration(settings: Settings) -> list[Finding]:
    free_mb = shutil.disk_usage(settings.var_dir).free // 1024**2
    return [
        Finding(free_mb > 300, "Ổ đĩa", f"{settings.var_dir}: còn {free_mb} MB"),
        Finding(True, "Địa chỉ", settings.base_url),
        Finding(settings.is_secure or settings.demo, "HTTPS", "có" if settings.is_secure else "không (BASE_URL)"),
        Finding(
            bool(settings.trusted_proxies) or not settings.is_secure,
            "Máy chủ trung gian",
            f"{settings.trusted_proxies} (TRUSTED_PROXIES)",
        ),
        *_gateways(settings),
        Finding(True, "Dữ liệu dùng thử", "bật" if settings.demo else "tắt"),
    ]
