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
    PAYMENT = "payment"
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
    State.PAYMENT: (6, "Yêu cầu thực hiện nghĩa vụ tài chính"),
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
    REQUEST_PAYMENT = "request_payment"
    CONFIRM_PAYMENT = "confirm_payment"
    RECALL_REQUEST = "recall_request"
    ROUTE = "route"
    ASSIGN = "assign"
    CONSULT = "consult"
    GIVE_OPINION = "give_opinion"
    CLOSE_OPINION = "close_opinion"
    REFER = "refer"
    NOTE_CHILD = "note_child"
    PROPOSE = "propose"
    ENDORSE = "endorse"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    ISSUE = "issue"
    RELEASE = "release"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    RESCHEDULE = "reschedule"
    PETITION = "petition"
    REFUSE_PETITION = "refuse_petition"
    DISCONTINUE = "discontinue"


class By(StrEnum):
    """Who may do an action, where it is not one role."""

    DESK = "desk"
    STAGE = "stage"  # whoever holds the stage that the case is in
    HEAD = "head"  # the head of the unit, whatever the stage
    CONSULTED = "consulted"  # an agency whose opinion is awaited
    ACCOUNTANT = "accountant"
    APPLICANT = "applicant"
    SYSTEM = "system"
    PARENT = "parent"  # the machine, for a case that was opened for another one


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
# States in which others may still answer what the stage has asked them.
WAITING = (S.IN_PROCESS, S.SUPPLEMENT, S.PAYMENT)
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
        Transition(
            A.REQUEST_PAYMENT,
            (S.SUBMITTED, S.IN_PROCESS),
            S.PAYMENT,
            (By.DESK, By.STAGE),
            "case.payment_requested",
            Clock.PAUSE,
        ),
        Transition(
            A.CONFIRM_PAYMENT,
            (S.PAYMENT,),
            S.SUBMITTED,
            (By.ACCOUNTANT, By.SYSTEM),
            "case.payment_confirmed",
            or_back_to=S.IN_PROCESS,
        ),
        Transition(
            A.RECALL_REQUEST,
            (S.SUPPLEMENT, S.PAYMENT),
            S.SUBMITTED,
            (By.HEAD,),
            "case.request_recalled",
            or_back_to=S.IN_PROCESS,
        ),
        Transition(A.ROUTE, (S.ACCEPTED,), S.IN_PROCESS, (By.SYSTEM,), "case.routed"),
        # The machine, where the officer does not hold the position any more.
        Transition(A.ASSIGN, (S.IN_PROCESS,), None, (By.HEAD, By.SYSTEM), "case.assigned"),
        Transition(A.CONSULT, (S.IN_PROCESS,), None, (By.STAGE,), "case.consulted"),
        Transition(A.GIVE_OPINION, WAITING, None, (By.CONSULTED,), "case.opinion_given"),
        # The stage waits no longer, or the machine: the time to answer is over.
        Transition(A.CLOSE_OPINION, WAITING, None, (By.STAGE, By.SYSTEM), "case.opinion_closed"),
        Transition(A.REFER, (S.IN_PROCESS,), None, (By.STAGE,), "case.referred"),
        Transition(A.NOTE_CHILD, WAITING, None, (By.SYSTEM,), "case.child_ended"),
        Transition(A.PROPOSE, (S.IN_PROCESS,), None, (By.STAGE,), "case.proposed"),
        Transition(A.ENDORSE, (S.IN_PROCESS,), None, (By.STAGE,), "case.endorsed"),
        Transition(A.APPROVE, (S.IN_PROCESS,), None, (By.STAGE,), "case.approved"),
        Transition(A.SEND_BACK, (S.IN_PROCESS,), None, (By.STAGE,), "case.sent_back"),
        Transition(A.ISSUE, (S.IN_PROCESS,), S.ISSUING, (By.STAGE, By.SYSTEM), "case.numbered"),
        Transition(A.RELEASE, (S.ISSUING,), S.FINISHED, (By.SYSTEM,), "case.finished", Clock.STOP),
        Transition(A.DELIVER, (S.FINISHED,), S.RETURNED, (By.APPLICANT, By.DESK, By.PARENT), "case.returned"),
        Transition(
            A.WITHDRAW,
            (S.SUBMITTED, S.SUPPLEMENT, S.PAYMENT, S.ACCEPTED, S.IN_PROCESS),
            S.WITHDRAWN,
            (By.APPLICANT, By.PARENT),
            "case.withdrawn",
            Clock.STOP,
        ),
        Transition(A.RESCHEDULE, (S.IN_PROCESS,), None, (By.HEAD,), "case.rescheduled"),
        # What only the head decides is asked of them: a second supplement, a later day.
        Transition(A.PETITION, (S.SUBMITTED, S.IN_PROCESS), None, (By.DESK, By.STAGE), "case.petitioned"),
        Transition(A.REFUSE_PETITION, (S.SUBMITTED, S.IN_PROCESS), None, (By.HEAD,), "case.petition_refused"),
        Transition(
            A.DISCONTINUE,
            (S.ACCEPTED, S.IN_PROCESS, S.SUPPLEMENT, S.PAYMENT),
            S.DISCONTINUED,
            (By.HEAD,),
            "case.discontinued",
            Clock.STOP,
        ),
    )
}

# States in which no more work is to be done.
ENDED = frozenset({S.DECLINED, S.WITHDRAWN, S.DISCONTINUED, S.RETURNED})
# States in which everything there is to do has been done: a case that waits for this one waits no longer.
DONE = ENDED | {S.FINISHED}
# What may be done and need not be: a case does not wait for it.
OPTIONAL = frozenset({
    A.RESCHEDULE, A.DISCONTINUE, A.WITHDRAW, A.ASSIGN, A.CONSULT, A.REFER, A.RECALL_REQUEST, A.PETITION,
})  # fmt: skip
# Events that move nothing and are no decision of anybody.
NOTES = frozenset({
    "case.warned", "case.checked", "case.clock_shifted", "case.reminded", "case.asked", "case.answered",
    "case.money_received", "case.transfer_not_found", "case.refunded",
    "case.paper_ended",
})  # fmt: skip
DESK_ROLE = Role.RECEIVING_OFFICER
# In place of a role: the machine finishes the stage.
MACHINE = "machine"
# Who speaks for an agency that is asked for its opinion.
OPINION_ROLES = (Role.CASE_OFFICER, Role.HEAD, Role.APPROVER)
# The clock stands: somebody outside the agency has something to do first.
PAUSED = (S.SUPPLEMENT, S.PAYMENT)
# States in which the desk has something to do at once; a supplement waits for the applicant first.
DESK_STATES = frozenset({S.SUBMITTED, S.FINISHED})
