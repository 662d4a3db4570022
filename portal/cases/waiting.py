"""What waits for whom, as conditions on cases: `permissions` said in SQL. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, literal_column, or_

from portal.cases.lifecycle import DESK_ROLE, OPINION_ROLES, State
from portal.cases.models import ANYBODYS, Case
from portal.identity.actor import Actor
from portal.identity.models import Role
from services_catalog.terms import StageAction


class Work(StrEnum):
    """Kinds of work that wait for somebody."""

    RECEIVE = "receive"
    HANDLE = "handle"
    ENDORSE = "endorse"
    APPROVE = "approve"
    ISSUE = "issue"
    GIVE_OPINION = "give_opinion"
    CONFIRM_PAYMENT = "confirm_payment"
    RETURN = "return"
    ANSWER = "answer"  # the applicant has asked something
    DECIDE = "decide"  # the head is asked for what only they may do
    LAPSED = "lapsed"  # the applicant has not supplied in time: the desk decides


WORK_NAMES = {
    Work.RECEIVE: "Chờ tiếp nhận",
    Work.HANDLE: "Thụ lý",
    Work.ENDORSE: "Xem xét, trình",
    Work.APPROVE: "Phê duyệt",
    Work.ISSUE: "Cấp số, phát hành",
    Work.GIVE_OPINION: "Cho ý kiến",
    Work.CONFIRM_PAYMENT: "Xác nhận nộp tiền",
    Work.RETURN: "Chờ trả kết quả",
    Work.ANSWER: "Trả lời người nộp",
    Work.DECIDE: "Đề nghị chờ quyết định",
    Work.LAPSED: "Quá hạn bổ sung",
}
# As the index of it says it: the stage is anybody's who holds the position, unless it is proposed there by one person.
_ANYBODYS: ColumnElement[bool] = literal_column(f"({ANYBODYS})")
# What is done at a stage, by what finishes it.
STAGE_WORK = {
    StageAction.PROPOSE: Work.HANDLE,
    StageAction.ENDORSE: Work.ENDORSE,
    StageAction.APPROVE: Work.APPROVE,
    StageAction.ISSUE: Work.ISSUE,
}


@dataclass(frozen=True)
class Waiting:
    """Cases that wait for one position of one person. Each condition has an index that gives them in order.

    `work` None: whatever the stage of the case asks for.
    """

    agency_key: str
    role: Role
    work: Work | None
    condition: ColumnElement[bool]

    def of(self, work: Work) -> ColumnElement[bool] | None:
        """The condition for this kind of work alone, or None where there is no such."""
        if self.work is not None:
            return self.condition if self.work is work else None
        does = next((does for does, found in STAGE_WORK.items() if found is work), None)
        return and_(self.condition, Case.stage_does == does) if does else None


def waiting_for(actor: Actor, now: datetime) -> list[Waiting]:
    """All that waits for this person now. A case may be in several of them."""
    return [part for agency, role in sorted(actor.roles) for part in _of_position(actor, agency, role, now)]


def _of_position(actor: Actor, agency_key: str, role: Role, now: datetime) -> Iterator[Waiting]:
    not_own = or_(Case.applicant_id.is_(None), Case.applicant_id != actor.account_id)

    def part(work: Work | None, *conditions: ColumnElement[bool]) -> Waiting:
        return Waiting(agency_key, role, work, and_(*conditions, not_own))

    if role in OPINION_ROLES:
        yield part(Work.GIVE_OPINION, Case.asked_keys != [], Case.asked_keys.contains([agency_key]))
    asking = func.coalesce(Case.stage_agency_key, Case.agency_key)
    if role is Role.HEAD:
        yield part(Work.DECIDE, Case.petition.is_not(None), asking == agency_key)
    if role is Role.ACCOUNTANT:
        yield part(Work.CONFIRM_PAYMENT, Case.state == State.PAYMENT, asking == agency_key)
    here = Case.agency_key == agency_key
    if role is DESK_ROLE:
        yield part(Work.RECEIVE, here, Case.state == State.SUBMITTED)
        yield part(Work.RETURN, here, Case.state == State.FINISHED)
        yield part(Work.LAPSED, here, Case.state == State.SUPPLEMENT, Case.supplement_due_at < now)
        yield part(Work.ANSWER, here, Case.answer_due_at.is_not(None))
    stage = and_(Case.stage.is_not(None), Case.stage_agency_key == agency_key, Case.stage_role == role)
    yield part(None, stage, _ANYBODYS)
    own = [actor.account_id, *actor.stands_for(agency_key, role)]
    yield part(None, stage, Case.stage_does == StageAction.PROPOSE, Case.assignee_id.in_(own))
