"""Cases from other systems: received once, followed, acted on once, and nobody else's."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.cases import intake_check, invariants, queries
from portal.cases.lifecycle import Action
from portal.cases.models import Case, CasePerson, PersonRole
from portal.documents import uploads
from portal.identity.models import IdempotencyKey
from portal.identity.partners import create_partner, forget_keys
from portal.notifications.models import Notice
from tests.support.answers import BIRTH, PDF
from tests.support.desk import CODE, PATH, Desk

OWNER = {"name": "Nguyễn Văn A", "citizen_id": "020090009999", "phone": "+84912345678"}
ANSWERS = {name: value for step in BIRTH.values() for name, value in step.items()}


def message(number: str = "G01-1", **more: Any) -> dict[str, Any]:
    paper = {"file_name": "chứng sinh.pdf", "content": base64.b64encode(PDF).decode(), "paper": 0}
    return {"external_id": number, "procedure": CODE, "agency": "ubnd-05986", "owner": OWNER, "answers": ANSWERS,
            "documents": [paper], **more}  # fmt: skip


class Partner:
    """Another system that speaks to the API."""

    def __init__(self, client: FlaskClient, token: str):
        self._client, self._token = client, token

    def send(self, path: str, body: Any, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Idempotency-Key": key} if key else {})
        return self._client.post(f"/api/v1/cases{path}", json=body, headers=headers)

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1/cases{path}", headers={"Authorization": f"Bearer {self._token}"})


def partner(app: Flask, desk: Desk, key: str) -> Partner:
    with desk.database.unit_of_work() as session:
        token = create_partner(session, key, "Cổng quốc gia", desk.now)
    return Partner(app.test_client(), token)


@pytest.fixture
def national(app: Flask, desk: Desk) -> Partner:
    return partner(app, desk, "dvcqg")


def count(desk: Desk, what: Any) -> int:
    with desk.database.unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_a_case_from_elsewhere_goes_the_same_way(desk: Desk, national: Partner) -> None:
    answer = national.send("", message())
    assert answer.status_code == 201, answer.json
    assert answer.json["national_status"] == {"code": 1, "name": "Mới đăng ký"}
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case)).one()
        assert (case.origin, case.external_id, case.applicant_id) == ("dvcqg", "G01-1", None)
        assert [d.file_name for d in uploads.of_case(session, case.id)] == ["chứng sinh.pdf"]
    for login, action, details in PATH[:-1]:
        desk.do(case, login, action, details=details)
    seen = national.get(f"/{case.reference}").json
    assert (seen["national_status"]["code"], seen["is_granted"]) == (9, True)
    done = national.send(f"/{case.reference}/actions/deliver", {}, "k1")
    assert (done.status_code, done.json["national_status"]["code"]) == (200, 10)
    with desk.database.unit_of_work() as session:
        notices = session.scalars(select(Notice)).all()
        assert {notice.phone for notice in notices if notice.recipient_id is None} == {"+84912345678"}
        assert not [rule for rule, found in invariants.check(session).items() if found and "tệp" not in rule]


def test_the_same_number_is_the_same_case(desk: Desk, national: Partner) -> None:
    first, again = national.send("", message()), national.send("", message(answers={}))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["reference"] == again.json["reference"]
    assert national.get("?external_id=G01-1").json["reference"] == first.json["reference"]
    assert count(desk, Case) == 1


def test_however_many_at_the_same_moment(app: Flask, desk: Desk, national: Partner) -> None:
    def send(_: int) -> str:
        own = Partner(app.test_client(), national._token)
        return str(own.send("", message()).json["reference"])

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(12)))) == 1
    assert count(desk, Case) == 1
    again = national.send("", message("G01-2")).json["reference"]
    assert again.endswith("-0002")  # nobody took a number in vain


def test_each_system_sees_its_own_cases(app: Flask, desk: Desk, national: Partner) -> None:
    reference = national.send("", message()).json["reference"]
    other = partner(app, desk, "khac")
    assert other.get(f"/{reference}").status_code == 404
    assert other.get("?external_id=G01-1").status_code == 404
    assert other.send(f"/{reference}/actions/withdraw", {"details": {"reason": "x"}}, "k").status_code == 404
    assert other.send("", message()).status_code == 201  # its own number G01-1
    mine = desk.submit()
    assert national.get(f"/{mine.reference}").status_code == 404
    assert national.send(f"/{mine.reference}/actions/withdraw", {"details": {"reason": "x"}}, "k").status_code == 404


def test_the_four_people_are_kept_apart(desk: Desk, national: Partner) -> None:
    people = {
        "submitter": {"name": "Trần B", "citizen_id": "020090001234"},
        "contact": {"name": "Lê C", "phone": "+84987654321"},
        "addressee": {"name": "Phạm D", "address": "Xã X"},
    }
    reference = national.send("", message(**people)).json["reference"]
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        rows = {p.role: p.name for p in session.scalars(select(CasePerson).where(CasePerson.case_id == case.id))}
        assert rows == {PersonRole.OWNER: "Nguyễn Văn A", PersonRole.SUBMITTER: "Trần B",
                        PersonRole.CONTACT: "Lê C", PersonRole.ADDRESSEE: "Phạm D"}  # fmt: skip
        assert case.contact_phone == "+84987654321"
        # The submitter has an account here with that number, and follows the case here as well.
        assert queries.case_for(session, desk.actor("congdan"), reference).id == case.id


def test_what_is_missing_is_told_to_the_desk_and_keeps_nobody_out(desk: Desk, national: Partner) -> None:
    answer = national.send("", message(answers={}, documents=[]))
    assert answer.status_code == 201
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case)).one()
        intake_check.check(session, case.id, desk.storage, desk.now)
        said = queries.history(session, case)[-1].details["reason"]
    assert "Tờ khai chưa điền xong" in said
    assert "Chưa có: " in said


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"procedure": "9.999999"}, "procedure"),
        ({"agency": "so-tu-phap"}, "agency"),
        ({"answers": {"child_born_on": "32/13/2026"}}, "answers.child_born_on"),
        ({"answers": {"nothing": "x"}}, "answers.nothing"),
        ({"owner": {"name": " "}}, "owner.name"),
        ({"owner": {"name": "A", "citizen_id": "12"}}, "owner.citizen_id"),
        ({"owner": {"name": "A", "phone": "0912"}}, "owner.phone"),
        ({"external_id": ""}, "external_id"),
        ({"surprise": 1}, "surprise"),
        ({"documents": [{"file_name": "x", "content": "?"}]}, "documents.0.content"),
        ({"documents": [{"file_name": "x.exe", "content": "TVo="}]}, "documents.0"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_stored(
    desk: Desk, national: Partner, wrong: dict[str, Any], field: str
) -> None:
    answer = national.send("", message(**wrong))
    assert answer.status_code == 422, answer.json
    assert set(answer.json["error"]["fields"]) == {field}
    assert count(desk, Case) == 0
    assert national.send("", message()).json["reference"].endswith("-0001")


def test_an_agency_goes_by_its_identifier_too(national: Partner) -> None:
    code = national.send("", message()).json["reference"].split("-")[0]
    assert national.send("", message("G01-2", agency=code)).status_code == 201


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"external_id": "a\\u0000b"}'])
def test_nonsense_gets_an_answer(app: Flask, national: Partner, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {national._token}", "Content-Type": "application/json"}
    assert app.test_client().post("/api/v1/cases", data=body, headers=headers).status_code in (400, 422)


def test_the_same_request_again_does_nothing_twice(desk: Desk, national: Partner) -> None:
    reference = national.send("", message()).json["reference"]
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case)).one()
    desk.do(case, "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thêm giấy"})
    body = {"details": {"note": "Đã thêm"}, "documents": [{"file_name": "a.pdf", "content":
            base64.b64encode(PDF + b"%").decode(), "paper": 0}]}  # fmt: skip
    first = national.send(f"/{reference}/actions/supply", body, "one")
    again = national.send(f"/{reference}/actions/supply", body, "one")
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = national.send(f"/{reference}/actions/supply", {"details": {"note": "Khác"}}, "one")
    assert (other.status_code, other.json["error"]["code"]) == (409, "idempotency_mismatch")
    assert national.send(f"/{reference}/actions/supply", body).status_code == 422  # the key is required
    assert national.send(f"/{reference}/actions/supply", body, "two").status_code == 409  # it is not asked any more
    with desk.database.unit_of_work() as session:
        events = [event.event for event in queries.history(session, case)]
        assert events.count("case.supplemented") == 1
        assert len(uploads.of_case(session, case.id)) == 2


def test_what_was_refused_may_be_sent_again_with_the_same_key(desk: Desk, national: Partner) -> None:
    reference = national.send("", message()).json["reference"]
    path = f"/{reference}/actions/withdraw"
    assert national.send(path, {"details": {"reason": " "}}, "k").status_code == 422
    assert count(desk, IdempotencyKey) == 0
    assert national.send(path, {"details": {"reason": "Nộp nhầm"}}, "k").status_code == 200


def test_two_at_once_with_one_key_act_once(app: Flask, desk: Desk, national: Partner) -> None:
    reference = national.send("", message()).json["reference"]

    def withdraw(_: int) -> int:
        own = Partner(app.test_client(), national._token)
        return int(own.send(f"/{reference}/actions/withdraw", {"details": {"reason": "Thôi"}}, "same").status_code)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(withdraw, range(8))) == {200}
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case)).one()
        assert [e.event for e in queries.history(session, case)].count("case.withdrawn") == 1


def test_partners_do_not_act_as_officers(national: Partner) -> None:
    reference = national.send("", message()).json["reference"]
    for action in ("accept", "decline", "release", "confirm_payment", "x"):
        assert national.send(f"/{reference}/actions/{action}", {"details": {"reason": "x"}}, action).status_code == 404


def test_old_keys_are_forgotten_and_closed_partners_locked_out(app: Flask, desk: Desk, national: Partner) -> None:
    from datetime import timedelta

    from portal.base.clock import now

    national.send("", message(), "k")
    with desk.database.unit_of_work() as session:
        forget_keys(session, now() + timedelta(days=29))
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
        forget_keys(session, now() + timedelta(days=31))
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
    run = app.test_cli_runner()
    assert run.invoke(args=["partner", "close", "dvcqg"]).exit_code == 0
    assert national.get("?external_id=G01-1").status_code == 401
    created = run.invoke(args=["partner", "create", "moi", "--name", "Mới"])
    fresh = Partner(app.test_client(), created.output.split(": ")[1].strip())
    assert fresh.get("?external_id=x").status_code == 404
    for wrong in ("moi", "portal", "Có Dấu"):
        assert run.invoke(args=["partner", "create", wrong, "--name", "x"]).exit_code == 1


def test_a_linked_case_can_be_supplied_by_whoever_acts_for_the_applicant(desk: Desk, national: Partner) -> None:
    reference = national.send("", message()).json["reference"]
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case)).one()
    desk.do(case, "motcua", Action.ACCEPT)
    desk.do(case, "system", Action.ROUTE)
    refer = {"procedure": "1.004222", "agency": "cong-an-05986", "note": "Nhập hộ khẩu."}
    desk.do(case, "chuyenvien", Action.REFER, details=refer)
    (linked,) = national.get(f"/{reference}").json["linked"]
    with desk.database.unit_of_work() as session:
        child = session.scalars(select(Case).where(Case.reference == linked)).one()
    desk.do(child, "motcua", Action.REQUEST_SUPPLEMENT, details={"request": "Thêm sổ"})
    assert national.get(f"/{linked}").json["request_to_applicant"] == "Thêm sổ"
    done = national.send(f"/{linked}/actions/supply", {"details": {"note": "Đây"}}, "k")
    assert done.json["national_status"]["code"] == 1
    withdraw = national.send(f"/{linked}/actions/withdraw", {"details": {"reason": "x"}}, "w")
    assert withdraw.status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"external_id": "\u0001"}, "external_id"), ({"owner": {"name": "\u0000"}}, "owner.name"),
     ({"owner": {"name": "A", "citizen_id": "٠٢٠٠٩٠٠٠٩٩٩٩"}}, "owner.citizen_id")],
)  # fmt: skip
def test_what_looks_like_something_and_is_nothing(national: Partner, wrong: dict[str, Any], field: str) -> None:
    answer = national.send("", message(**wrong))
    assert (answer.status_code, set(answer.json["error"]["fields"])) == (422, {field})


def test_a_number_is_the_same_however_its_accents_are_written(national: Partner) -> None:
    composed, decomposed = "HỒ-1", "HO\u0302\u0300-1"
    assert national.send("", message(decomposed)).status_code == 201
    assert national.get(f"?external_id={decomposed}").status_code == 200
    assert national.send("", message(composed)).status_code == 200
