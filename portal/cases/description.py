"""The life of a case as a page of the documentation, written from the table itself."""

from __future__ import annotations

from collections.abc import Iterable

from portal.cases.lifecycle import NATIONAL, TRANSITIONS, By, Clock, State, Transition
from portal.cases.words import ACTION_NAMES, STATE_NAMES

BY_NAMES = {
    By.DESK: "một cửa",
    By.STAGE: "người giữ bước",
    By.HEAD: "lãnh đạo phòng",
    By.CONSULTED: "cơ quan được hỏi",
    By.ACCOUNTANT: "kế toán",
    By.APPLICANT: "người nộp",
    By.SYSTEM: "hệ thống",
    By.PARENT: "hệ thống (hồ sơ liên thông)",
}
_CLOCK_NAMES = {Clock.START: "bắt đầu", Clock.STOP: "kết thúc", Clock.PAUSE: "tạm dừng"}


def as_markdown() -> str:
    """The diagram of the moves between states, the table of all transitions, and the national statuses."""
    return "\n".join([*_diagram(), "", *_transitions(), "", *_states(), ""])


def targets(transition: Transition, source: State) -> list[State]:
    """The states that a transition may lead to from `source`."""
    found = [transition.target or source]
    return found + ([transition.or_back_to] if transition.or_back_to else [])


def _diagram() -> Iterable[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    start --> submitted: submit"
    for t in TRANSITIONS.values():
        if t.target is not None:
            for source in t.sources:
                yield from (f"    {source} --> {target}: {t.action}" for target in targets(t, source))
    yield "```"


def _transitions() -> Iterable[str]:
    yield "| Việc | Mã | Từ | Đến | Ai | Sự kiện | Đồng hồ |"
    yield "|---|---|---|---|---|---|---|"
    for t in TRANSITIONS.values():
        sources = ", ".join(f"`{source}`" for source in t.sources)
        target = f"`{t.target}`" if t.target else "(giữ nguyên)"
        back = f", hoặc về `{t.or_back_to}`" if t.or_back_to else ""
        who = ", ".join(BY_NAMES[by] for by in t.by)
        clock = _CLOCK_NAMES[t.clock] if t.clock else ""
        what = f"{ACTION_NAMES[t.action]} | `{t.action}`"
        yield f"| {what} | {sources} | {target}{back} | {who} | `{t.event}` | {clock} |"


def _states() -> Iterable[str]:
    yield "| Trạng thái | Tên | Trạng thái quốc gia |"
    yield "|---|---|---|"
    for state, (number, name) in NATIONAL.items():
        yield f"| `{state}` | {STATE_NAMES[state]} | {number} – {name} |"
