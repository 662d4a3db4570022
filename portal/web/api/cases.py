"""`/api/v1/cases`: other systems file cases for their users, follow them, and act for their applicants."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Response, g, jsonify, request
from pydantic import ValidationError
from sqlalchemy.orm import Session

from portal.base.clock import now
from portal.base.errors import Invalid, NotFound, Refusal
from portal.cases import queries
from portal.cases.actions import perform
from portal.cases.lifecycle import Action, State
from portal.cases.linked import children_of
from portal.cases.models import Case
from portal.cases.receiving import Paper, add_papers, receive
from portal.identity.actor import Actor
from portal.identity.models import Partner
from portal.identity.partners import LONGEST_KEY, actor_of, once
from portal.web.access import partner
from portal.web.api.blueprint import blueprint
from portal.web.api.messages import ActionMessage, CaseMessage, Message, case_answer, papers
from portal.web.files import prepare, result_response
from portal.web.security import limiter
from portal.web.session import db, storage, writing
from services_catalog.mistakes import field_mistakes
from services_catalog.text import nfc

M = TypeVar("M", bound=Message)
# What an applicant may do to their case.
ACTIONS = (Action.SUPPLY, Action.WITHDRAW, Action.DELIVER)


def _partner() -> Partner:
    found: Partner = g.partner
    return found


def _actor() -> Actor:
    return actor_of(_partner())


@blueprint.post("/cases")
@partner
@limiter.limit("6000 per hour")
def receive_case() -> Any:
    """Receive a case: 201 and the case, or 200 where this number of the same origin was received before."""
    received = _read(CaseMessage).as_received(prepare)

    def work(session: Session) -> dict[str, Any]:
        case, is_new = receive(session, storage(), received, by=_actor(), now=now())
        return {"status": 201 if is_new else 200, "case": _answer(session, case)}

    return _once(work, is_required=False)


@blueprint.get("/cases")
@partner
def find_case() -> Any:
    """The case with this number of the same origin: `?external_id=`."""
    found = queries.case_from(db(), _actor(), nfc(request.args.get("external_id", "")))
    return jsonify(_answer(db(), found))


@blueprint.get("/cases/<reference>")
@partner
def get_case(reference: str) -> Any:
    """One case that this partner has sent."""
    return jsonify(_answer(db(), queries.case_for(db(), _actor(), reference)))


@blueprint.post("/cases/<reference>/actions/<action>")
@partner
def act_on_case(reference: str, action: str) -> Any:
    """Act for the applicant: supply, withdraw, deliver. The Idempotency-Key header is required."""
    if action not in ACTIONS:
        raise NotFound("Không có việc này.")
    message = _read(ActionMessage)
    files = papers(message.documents, prepare)

    def work(session: Session) -> dict[str, Any]:
        case = queries.case_for(session, _actor(), reference)
        if files:
            _add_papers(session, case, files)
        done = perform(session, case.id, Action(action), by=_actor(), now=now(), details=message.details,
                       expected_version=message.version)  # fmt: skip
        return {"status": 200, "case": _answer(session, done)}

    return _once(work, is_required=True)


@blueprint.get("/cases/<reference>/result.pdf")
@partner
def get_result(reference: str) -> Response:
    """The result, once it was delivered."""
    case = queries.case_for(db(), _actor(), reference)
    if case.state != State.RETURNED:
        raise NotFound("Hồ sơ chưa trả kết quả: hãy gọi việc deliver trước.")
    return result_response(case)


def _add_papers(session: Session, case: Case, files: Sequence[Paper]) -> None:
    locked = session.get_one(Case, case.id, with_for_update=True, populate_existing=True)
    if locked.state != State.SUPPLEMENT:
        raise Refusal("not_now", "Hồ sơ không ở bước bổ sung.")
    add_papers(session, storage(), locked, files, now=now())


def _answer(session: Session, case: Case) -> dict[str, Any]:
    return case_answer(case, [child.reference for child in children_of(session, case)])


def _read(kind: type[M]) -> M:
    """The body as a message. Raises `Invalid` with a sentence for each wrong place."""
    try:
        return kind.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        mistakes = {".".join(map(str, m.place)) or "body": m.sentence for m in field_mistakes(error)}
        raise Invalid(mistakes) from error


def _once(work: Callable[[Session], dict[str, Any]], *, is_required: bool) -> Any:
    """Do the request, once for its Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or (is_required and not key):
        raise Invalid({"Idempotency-Key": f"Hãy gửi khóa Idempotency-Key, dài không quá {LONGEST_KEY} ký tự."})
    asked = [request.method, request.path, hashlib.sha256(request.get_data()).hexdigest()]
    with writing() as session:
        sender = session.merge(_partner(), load=False)
        if key:
            answer, was_done = once(session, sender, key, asked, lambda: work(session), now())
        else:
            answer, was_done = work(session), False
    response = jsonify(answer["case"])
    if was_done:
        response.headers["Idempotency-Replayed"] = "true"
    return response, answer["status"]
