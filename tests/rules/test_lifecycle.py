"""The table of transitions agrees with itself and with everything that reads it."""

import re
from pathlib import Path

from portal.cases.description import BY_NAMES, as_markdown, targets
from portal.cases.details import DETAILS
from portal.cases.effects import AFTERWARDS, EFFECTS
from portal.cases.lifecycle import ENDED, NATIONAL, NOTES, TRANSITIONS, Action, By, State
from portal.cases.words import ACTION_NAMES, EVENT_NAMES, STATE_NAMES
from portal.notifications.compose import _TEXTS
from workers.app import app
from workers.subscribers import SUBSCRIBERS

DOCS = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_every_action_has_a_transition_and_every_state_a_national_status() -> None:
    assert set(TRANSITIONS) == set(Action)
    assert set(NATIONAL) == set(State)
    assert {number for number, _ in NATIONAL.values()} <= set(range(1, 11))


def test_everything_has_a_name_in_vietnamese() -> None:
    assert set(STATE_NAMES) == set(State)
    assert set(ACTION_NAMES) == set(Action)
    assert set(BY_NAMES) == set(By)
    assert set(EVENT_NAMES) == {t.event for t in TRANSITIONS.values()} | {"case.submitted"} | NOTES


def test_every_state_is_reached_and_every_open_state_is_left() -> None:
    reached = {t.target for t in TRANSITIONS.values() if t.target} | {State.SUBMITTED}
    left = {source for t in TRANSITIONS.values() for source in t.sources}
    assert reached == set(State)
    assert set(State) - left == ENDED


def test_only_known_events_cause_notices_or_tasks() -> None:
    events = {t.event for t in TRANSITIONS.values()} | {"case.submitted"} | NOTES
    assert set(_TEXTS) <= events
    assert set(SUBSCRIBERS) <= events | {"notice.created", "stage.automatic", "child.done", "parent.ended",
                                          "code.asked", "payment.received", "payment.settled",
                                          "payment.returned", "payment.refused", "refund.done",
                                          "receipt.issued", "paper.step", "signing.asked"}  # fmt: skip


def test_listeners_and_timetable_name_registered_tasks() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {name for names in SUBSCRIBERS.values() for name in names} | scheduled <= set(app.tasks)


def test_effects_belong_to_actions() -> None:
    assert set(EFFECTS) | set(AFTERWARDS) <= set(TRANSITIONS)


def test_details_belong_to_actions() -> None:
    assert set(DETAILS) <= set(Action)


def test_the_docs_are_the_table() -> None:
    said = DOCS.read_text("utf-8")
    assert said.endswith(as_markdown()), "make docs"
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", said, re.M))
    moves = {
        (source.value, target.value, t.action.value)
        for t in TRANSITIONS.values()
        if t.target
        for source in t.sources
        for target in targets(t, source)
    }
    assert drawn == moves | {("start", "submitted", "submit")}
