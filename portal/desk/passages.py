"""Where the time of a case went: one passage for each time it lay somewhere, from its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.cases.lifecycle import ENDED, NOTES, State
from portal.cases.models import Case, CaseEvent
from portal.cases.words import EVENT_NAMES, STATE_NAMES
from portal.deadlines.calendar import WorkCalendar
from services_catalog.workflow import Workflow

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Passage:
    """A case lay at one place from a moment to another (None: it still does). Minutes are of office time.

    `allowed`: the minutes that the process gives this stage, or None where it gives none.
    """

    place: str
    stage: str | None
    began_at: datetime
    ended_at: datetime | None
    minutes: int
    allowed: int | None
    ended_by: int | None
    ended_with: str | None

    @property
    def is_over(self) -> bool:
        """True if it lay there longer than the process allows."""
        return self.allowed is not None and self.minutes > self.allowed


def passages(
    case: Case, history: Sequence[CaseEvent], workflow: Workflow, calendar: WorkCalendar, now: datetime
) -> list[Passage]:
    """The places of a case in order. What moves nothing (a note, an opinion) begins no new passage."""
    stages = {stage.key: stage for stage in workflow.stages}
    is_open = State(case.state) not in ENDED
    moves = [event for event in history if event.event not in NOTES and _moves(event)]
    found = []
    for event, following in zip(moves, [*moves[1:], None], strict=True):
        ended_at = following.at if following else (None if is_open else case.changed_at)
        stage = stages.get(event.to_stage or "")
        spent = calendar.working_time(event.at, ended_at or now)
        found.append(Passage(
            stage.label if stage else STATE_NAMES[State(event.to_state)], event.to_stage, event.at, ended_at,
            int(spent / _MINUTE), stage.hours * 60 if stage and stage.hours else None,
            following.actor_id if following else None, EVENT_NAMES[following.event] if following else None,
        ))  # fmt: skip
    # Where it ended it does not lie.
    return found if is_open else found[:-1]


def _moves(event: CaseEvent) -> bool:
    """True where the case lies elsewhere after it than before; its first event always."""
    return event.from_state is None or (event.from_state, event.from_stage) != (event.to_state, event.to_stage)
