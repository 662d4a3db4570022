"""By which gateways messages go: the configured ones with their weights, and how each does at the moment."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.gateways.messages import Channel, Gateway, NotConfigured, open_gateway
from portal.notifications.models import GatewayHealth, MessageTry

# What is measured: the tries of the last minute, where there are enough of them to say something.
_WINDOW, _ENOUGH = timedelta(minutes=1), 5
# From this share of failures on a gateway is closed for a while; from this one, or this slow, it gets less.
_CLOSES_AT, _SHRINKS_AT, _SLOW_MS = 0.5, 0.1, 3000
CLOSED_FOR = timedelta(seconds=30)
_SMALLEST_SHARE, _RECOVERY = 0.05, 0.1
FAILURES = ("later", "unclear", "down")


@dataclass(frozen=True)
class Routes:
    """The gateways of each channel with their weights. `now` is the clock that `random` choices do not need."""

    gateways: Mapping[Channel, Mapping[str, tuple[Gateway, float]]]

    def gateway(self, channel: str, name: str) -> Gateway | None:
        """The gateway with this name, as long as it is configured."""
        found = self.gateways.get(Channel(channel), {}).get(name)
        return found[0] if found else None

    def channels(self) -> list[Channel]:
        """The channels that have a gateway."""
        return [channel for channel, gateways in self.gateways.items() if gateways]

    def every(self) -> list[tuple[Channel, str, Gateway, float]]:
        """All gateways, each with its channel, name and weight."""
        return [
            (c, name, gateway, weight) for c, many in self.gateways.items() for name, (gateway, weight) in many.items()
        ]


def routes_from(env: Mapping[str, str], *, prepare: Callable[[Gateway], Gateway] = lambda gateway: gateway) -> Routes:
    """As configured: `SMS_GATEWAYS=esms:3,smpp:1` and the like. Raises `NotConfigured`."""
    return Routes({
        channel: {name: (prepare(open_gateway(channel, name, env)), weight)
                  for name, weight in _named(channel, env.get(f"{channel.upper()}_GATEWAYS", ""))}
        for channel in Channel
    })  # fmt: skip


def _named(channel: Channel, text: str) -> list[tuple[str, float]]:
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, weight = part.partition(":")
        try:
            found.append((name, float(weight or 1)))
        except ValueError:
            raise NotConfigured(f"{channel.upper()}_GATEWAYS: trọng số “{weight}” không phải số") from None
        if found[-1][1] <= 0:
            raise NotConfigured(f"{channel.upper()}_GATEWAYS: trọng số phải lớn hơn 0")
    return found


def order(session: Session, routes: Routes, channel: str, now: datetime, chance: random.Random) -> list[str]:
    """The gateways of a channel as this message tries them: by chance, weighted; closed ones last."""
    many = routes.gateways.get(Channel(channel), {})
    if len(many) < 2:
        return list(many)
    health = {row.name: row for row in session.scalars(select(GatewayHealth))}

    def luck(name: str) -> tuple[bool, float]:
        row = health.get(f"{channel}:{name}")
        is_closed = bool(row and row.closed_until and row.closed_until > now)
        share = row.share if row else 1.0
        # The one whose exponential comes first, at the rate of its weight, is chosen with that weight.
        return is_closed, chance.expovariate(many[name][1] * max(share, _SMALLEST_SHARE))

    return sorted(many, key=luck)


def is_closed(session: Session, channel: str, name: str, now: datetime) -> bool:
    """True while nothing is given to the gateway."""
    row = session.get(GatewayHealth, f"{channel}:{name}")
    return bool(row and row.closed_until and row.closed_until > now)


def close(session: Session, channel: str, name: str, reason: str, now: datetime) -> None:
    """Give nothing to a gateway for a while: its account or its line is down."""
    _keep(session, f"{channel}:{name}", now, closed_until=now + CLOSED_FOR, reason=reason)


def measure(session: Session, routes: Routes, now: datetime) -> None:
    """Look at the last minute of each gateway: close the failing, give less to the slow, let the others drift back."""
    failed = func.sum(case((MessageTry.outcome.in_(FAILURES), 1), else_=0))
    slow = func.percentile_cont(0.95).within_group(MessageTry.milliseconds)
    query = select(MessageTry.gateway, func.count(), failed, slow).where(MessageTry.at > now - _WINDOW)
    found = {row[0]: row for row in session.execute(query.group_by(MessageTry.gateway))}
    for channel, name, _, _ in routes.every():
        key = f"{channel}:{name}"
        _, tries, failures, milliseconds = found.get(key, (key, 0, 0, 0))
        before = session.get(GatewayHealth, key)
        share = _share(before.share if before else 1.0, tries, failures, milliseconds)
        values: dict[str, object] = {
            "share": share,
            "tries": tries,
            "failures": failures,
            "milliseconds": int(milliseconds),
        }
        if tries >= _ENOUGH and failures / tries >= _CLOSES_AT:
            values |= {"closed_until": now + CLOSED_FOR, "reason": "nhiều lần gửi không được"}
        _keep(session, key, now, **values)


def _share(share: float, tries: int, failures: int, milliseconds: float) -> float:
    if tries >= _ENOUGH and (failures / tries >= _SHRINKS_AT or milliseconds > _SLOW_MS):
        return max(share / 2, _SMALLEST_SHARE)
    return min(share + _RECOVERY, 1.0)


def _keep(session: Session, name: str, now: datetime, **values: object) -> None:
    row = {"name": name, "share": 1.0, "tries": 0, "failures": 0, "milliseconds": 0, "measured_at": now, **values}
    keep = insert(GatewayHealth).values(row)
    session.execute(keep.on_conflict_do_update(index_elements=["name"], set_={**values, "measured_at": now}))
