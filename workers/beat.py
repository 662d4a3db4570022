"""Beat that goes on when the clock of the machine is set: its timetable is in wall time, which may jump."""

from __future__ import annotations

import time
from typing import Any

from celery.beat import PersistentScheduler

# Corrections of the clock below this are left to take their course. Seconds.
_JUMP = 30.0


class SteadyScheduler(PersistentScheduler):
    """Begins its timetable anew after a jump; set back by a day, Celery's own would stand still for that day."""

    def __init__(self, *args: Any, **kwargs: Any):
        self._offset = _wall_ahead_of_steady()
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Read what ran when; see `celery.beat.PersistentScheduler.setup_schedule`."""
        super().setup_schedule()
        self._forget_the_future()

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """One round; see `celery.beat.Scheduler.tick`."""
        offset = _wall_ahead_of_steady()
        if abs(offset - self._offset) > _JUMP:
            self._offset = offset
            self._forget_the_future()
        return super().tick(*args, **kwargs)

    def _forget_the_future(self) -> None:
        """What is on record as run later than now was run by a clock that was ahead."""
        for entry in self.schedule.values():
            if entry.last_run_at > entry.default_now():
                entry.last_run_at = entry.default_now()
        self._heap = None


def _wall_ahead_of_steady() -> float:
    return time.time() - time.monotonic()
