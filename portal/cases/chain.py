"""The history of a case as a chain: each event is sealed with the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC

from portal.cases.models import CaseEvent

FIRST = "0" * 64


def seal(previous: str, event: CaseEvent) -> str:
    """The hash of an event that follows the one with the hash `previous` (`FIRST` for the first)."""
    content = [
        previous, event.case_id, event.number, event.event, event.from_state, event.to_state, event.from_stage,
        event.to_stage, event.actor_id, event.at.astimezone(UTC).isoformat(timespec="microseconds"), event.details,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def is_intact(events: Iterable[CaseEvent]) -> bool:
    """True if the events of one case, in order, are all there and unchanged."""
    previous = FIRST
    for number, event in enumerate(events, 1):
        if event.number != number or event.hash != seal(previous, event):
            return False
        previous = event.hash
    return previous != FIRST
