"""The fixed terms that procedures are described with. Their Vietnamese names are in `words.py`."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who a procedure is for."""

    CITIZEN = "citizen"
    OVERSEAS_VIETNAMESE = "overseas_vietnamese"
    FOREIGNER = "foreigner"
    OFFICIAL = "official"
    ENTERPRISE = "enterprise"
    COOPERATIVE = "cooperative"
    ORGANIZATION = "organization"
    FOREIGN_ORGANIZATION = "foreign_organization"


class Channel(StrEnum):
    """How an application may reach the agency, and how the result may reach the applicant."""

    ONLINE = "online"
    DESK = "desk"
    POST = "post"


class ServiceLevel(StrEnum):
    """How far a procedure goes online at an agency (NĐ 42/2022; before that "mức độ 1" to "mức độ 4")."""

    FULL = "full"
    PARTIAL = "partial"
    INFORMATION = "information"


class TimeUnit(StrEnum):
    """Units of a statutory time limit: `ngày` is not `ngày làm việc`."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"


class AfterSupplement(StrEnum):
    """What the handling clock does once the applicant has answered: begin anew, or run on."""

    RESTART = "restart"
    RESUME = "resume"


class FeeKind(StrEnum):
    """Phí pays for a service, lệ phí is charged by law for a state act (Luật Phí và lệ phí 2015, Điều 3)."""

    FEE = "fee"
    CHARGE = "charge"


class StageRole(StrEnum):
    """Who holds a stage; the same words as the roles of staff."""

    RECEIVING_OFFICER = "receiving_officer"
    CASE_OFFICER = "case_officer"
    HEAD = "head"
    APPROVER = "approver"
    CLERK = "clerk"


class StageOption(StrEnum):
    """What the holder of a stage may do beside finishing it."""

    SUPPLEMENT = "supplement"
    PAYMENT = "payment"
    OPINION = "opinion"
    LINKED_CASE = "linked_case"


class StageAction(StrEnum):
    """What the holder of a stage does to finish it."""

    RECEIVE = "receive"
    PROPOSE = "propose"
    ENDORSE = "endorse"
    APPROVE = "approve"
    ISSUE = "issue"
