"""The whole life of a case on one screen: states, and the only transitions between them.

Inside `IN_PROCESS` the stages are data of the procedure (`services_catalog.model.Workflow`); PROPOSE,
ENDORSE, APPROVE and ISSUE finish the stage that asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.identity.models import Role


class State(StrEnum):
    """Our states; `NATIONAL` gives the national status of each."""

    SUBMITTED = "submitted"
    SUPPLEMENT = "supplement"
    ACCEPTED = "accepted"
    IN_PROCESS = "in_process"
    ISSUING = "issuing"
    FINISHED = "finished"
    RETURNED = "returned"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DISCONTINUED = "discontinued"


# National status of a case: number and name as the national portal shows them.
NATIONAL: dict[State, tuple[int, str]] = {
    State.SUBMITTED: (1, "Mới đăng ký"),
    State.ACCEPTED: (2, "Được tiếp nhận"),
    State.DECLINED: (3, "Không được tiếp nhận"),
    State.IN_PROCESS: (4, "Đang xử lý"),
    State.ISSUING: (4, "Đang xử lý"),
    State.SUPPLEMENT: (5, "Yêu cầu bổ sung giấy tờ"),
    State.WITHDRAWN: (7, "Công dân yêu cầu rút hồ sơ"),
    State.DISCONTINUED: (8, "Dừng xử lý"),
    State.FINISHED: (9, "Đã xử lý xong"),
    State.RETURNED: (10, "Đã trả kết quả"),
}


class Action(StrEnum):
    """What can be done to a case."""

    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLY = "supply"
    ROUTE = "route"
    PROPOSE = "propose"
    ENDORSE = "endorse"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    ISSUE = "issue"
    RELEASE = "release"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    RESCHEDULE = "reschedule"
    DISCONTINUE = "discontinue"


class By(StrEnum):
    """Who may do an action, where it is not one role."""

    DESK = "desk"
    STAGE = "stage"  # whoever holds the stage that the case is in
    HEAD = "head"  # the head of the unit, whatever the stage
    APPLICANT = "applicant"
    SYSTEM = "system"


class Clock(StrEnum):
    """What an action does to the handling clock."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"


@dataclass(frozen=True)
class Transition:
    """One permitted move. `target` None: the state stays and the stage moves.

    `or_back_to`: where the case goes instead if it came from there.
    """

    action: Action
    sources: tuple[State, ...]
    target: State | None
    by: tuple[By, ...]
    event: str
    clock: Clock | None = None
    or_back_to: State | None = None


S, A = State, Action
TRANSITIONS: dict[Action, Transition] = {
    t.action: t
    for t in (
        Transition(A.ACCEPT, (S.SUBMITTED,), S.ACCEPTED, (By.DESK,), "case.accepted", Clock.START),
        # From SUPPLEMENT only once the time to answer is over.
        Transition(A.DECLINE, (S.SUBMITTED, S.SUPPLEMENT), S.DECLINED, (By.DESK,), "case.declined"),
        Transition(
            A.REQUEST_SUPPLEMENT,
            (S.SUBMITTED, S.IN_PROCESS),
            S.SUPPLEMENT,
            (By.DESK, By.STAGE, By.HEAD),  # the head where it is asked a second time
            "case.supplement_requested",
            Clock.PAUSE,
        ),
        Transition(
            A.SUPPLY,
            (S.SUPPLEMENT,),
            S.SUBMITTED,
            (By.APPLICANT,),
            "case.supplemented",
            or_back_to=S.IN_PROCESS,
        ),
        Transition(A.ROUTE, (S.ACCEPTED,), S.IN_PROCESS, (By.SYSTEM,), "case.routed"),
        Transition(A.PROPOSE, (S.IN_PROCESS,), None, (By.STAGE,), "case.proposed"),
        Transition(A.ENDORSE, (S.IN_PROCESS,), None, (By.STAGE,), "case.endorsed"),
        Transition(A.APPROVE, (S.IN_PROCESS,), None, (By.STAGE,), "case.approved"),
        Transition(A.SEND_BACK, (S.IN_PROCESS,), None, (By.STAGE,), "case.sent_back"),
        Transition(A.ISSUE, (S.IN_PROCESS,), S.ISSUING, (By.STAGE,), "case.numbered"),
        Transition(A.RELEASE, (S.ISSUING,), S.FINISHED, (By.SYSTEM,), "case.finished", Clock.STOP),
        Transition(A.DELIVER, (S.FINISHED,), S.RETURNED, (By.APPLICANT, By.DESK), "case.returned"),
        Transition(
            A.WITHDRAW,
            (S.SUBMITTED, S.SUPPLEMENT, S.ACCEPTED, S.IN_PROCESS),
            S.WITHDRAWN,
            (By.APPLICANT,),
            "case.withdrawn",
            Clock.STOP,
        ),
        Transition(A.RESCHEDULE, (S.IN_PROCESS,), None, (By.HEAD,), "case.rescheduled"),
        Transition(
            A.DISCONTINUE,
            (S.ACCEPTED, S.IN_PROCESS, S.SUPPLEMENT),
            S.DISCONTINUED,
            (By.HEAD,),
            "case.discontinued",
            Clock.STOP,
        ),
    )
}

# States in which no more work is to be done.
ENDED = frozenset({S.DECLINED, S.WITHDRAWN, S.DISCONTINUED, S.RETURNED})
# What may be done and need not be: a case does not wait for it.
OPTIONAL = frozenset({A.RESCHEDULE, A.DISCONTINUE, A.WITHDRAW})
DESK_ROLE = Role.RECEIVING_OFFICER
# States in which the desk has something to do at once; a supplement waits for the applicant first.
DESK_STATES = frozenset({S.SUBMITTED, S.FINISHED})
