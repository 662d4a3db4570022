"""The permission matrix: every route, asked by every kind of person, of their own unit and of another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day, now
from portal.base.db import Database
from portal.cases import paying
from portal.cases.lifecycle import Action
from portal.cases.models import Case
from portal.desk import reasons, saved_views
from portal.desk.queues import Queue
from portal.desk.reasons import ReasonKind
from portal.desk.wanted import Wanted
from portal.documents import partial, wallet
from portal.documents.models import Document
from portal.gateways.payment.vietqr import VietQr
from portal.gateways.payments import BankAccount
from portal.identity.actions import appoint
from portal.identity.actor import Actor
from portal.identity.models import CASE_ROLES, LEADING_ROLES, Account, Position, Role
from portal.issuing.models import Step
from portal.issuing.register import result_of
from portal.issuing.signing import Made, keep
from portal.issuing.tools import Tools
from portal.payments import actions as payments
from portal.payments import receipts, reconciliation, refunds
from portal.publishing import queries as publishing
from portal.publishing.models import ProcedureVersionRow, SearchSynonym
from portal.runtime import demo
from portal.web.access import Access
from services_catalog.loader import life_events
from tests.support.answers import PDF
from tests.support.browsing import client_of
from tests.support.desk import CODE, PATH, Desk
from tests.support.payments import case_to_pay
from tests.web.test_access import ROUTES, address

OTHER = "ubnd-05983"
PROVINCE = "van-phong-ubnd-tinh"
OWNER, OTHER_CITIZEN = "the applicant", "another citizen"


@dataclass(frozen=True)
class Person:
    """Somebody who asks: a citizen, or a role at a unit."""

    name: str
    role: Role | None = None
    agency: str | None = None

    @property
    def is_own(self) -> bool:
        """True for staff of the unit that has the case."""
        return self.agency == demo.AGENCY

    @property
    def works_with_cases(self) -> bool:
        return self.role in CASE_ROLES


PEOPLE = [Person(OWNER), Person(OTHER_CITIZEN)]
PEOPLE += [Person(f"{role} at {place}", role, key) for role in sorted(CASE_ROLES) for place, key in
           (("the unit", demo.AGENCY), ("another unit", OTHER))]  # fmt: skip
PEOPLE += [Person(f"{role} of the province", role, PROVINCE) for role in sorted(frozenset(Role) - CASE_ROLES)]
PEOPLE += [Person("accountant of the province", Role.ACCOUNTANT, PROVINCE)]
PEOPLE += [Person("configurator of the unit", Role.CONFIGURATOR, demo.AGENCY),
           Person("configurator of another unit", Role.CONFIGURATOR, OTHER)]  # fmt: skip

# Who gets past the door, by the mark of the route.
DOOR = {
    Access.PUBLIC: lambda person: True,
    Access.DEMO: lambda person: True,
    Access.SIGNED_IN: lambda person: True,
    Access.STAFF: lambda person: person.works_with_cases,
    Access.LEADING: lambda person: person.role in LEADING_ROLES,
    Access.CATALOG: lambda person: person.role in (Role.CATALOG_EDITOR, Role.CATALOG_APPROVER),
    Access.CONFIGURATION: lambda person: person.role is Role.CONFIGURATOR,
    Access.PERSONNEL: lambda person: person.works_with_cases or person.role is Role.CONFIGURATOR,
    Access.OPERATION: lambda person: person.role is Role.OPERATOR,
    Access.ACCOUNTING: lambda person: person.role is Role.ACCOUNTANT,
    Access.PARTNER: lambda person: False,
    Access.PROVIDER: lambda person: False,
}
# Routes behind a door that open to fewer: the rest of the rule, by what stands in the address.
PROVINCE_ONLY = (
    "/quan-tri/mau-tin",
    "/quan-tri/don-vi/",
    "/quan-tri/nhap-can-bo",
    "/quan-tri/nhat-ky",
    "/quan-tri/chung-thu-so",
)
OF_THE_APPLICANT = ("/ho-so-nhap/", "/ho-so/<reference>/rut", "/ho-so/<reference>/bo-sung", "/ho-so/<reference>/hoi",
                    "/ho-so/<reference>/nop-lai", "/ho-so/<reference>/nop-tien", "/ho-so/<reference>/buu-dien",
                    "/ho-so/<reference>/nhan-ket-qua", "/kho-giay-to/")  # fmt: skip
ONLY_MACHINES = ("/luu", "/tai-len", "/tai-len/<uuid:upload_id>")
EDITED = ("/quan-tri/phien-ban/<int:version_id>/sua", "/quan-tri/phien-ban/<int:version_id>/to-khai",
          "/quan-tri/phien-ban/<int:version_id>/to-khai/<int:number>")  # fmt: skip
# What a configurator keeps of the unit that is named in the form.
OF_THE_UNIT = ("/quan-tri/lich/ngay", "/quan-tri/lich/gio", "/quan-tri/su-co", "/quan-tri/ly-do", "/quan-tri/mau-giay")
EDITORS_ONLY = {
    ("POST", "/quan-tri/tim-kiem/tu-dong-nghia"), ("POST", "/quan-tri/tim-kiem/tu-dong-nghia/<int:synonym_id>/xoa"),
    ("POST", "/quan-tri/tim-kiem/bo-qua"), ("POST", "/quan-tri/thu-tuc/<code>/soan"), ("POST", "/quan-tri/nhap-xuat"),
    *(("GET", rule) for rule in EDITED), *(("POST", rule) for rule in EDITED),
}  # fmt: skip
# What the test makes no example of: whoever may enter is told that there is no such thing.
NO_EXAMPLE = ("<int:message_id>", "/chung-tu.pdf", "/anh-chuyen-khoan", "/nop-tien/ve/<gateway>",
              "<int:import_id>", "<int:row_id>", "<int:delivery_id>", "POST /quan-tri/uy-quyen", "/nhieu-ho-so/lam",
              "<int:delegation_id>", "<int:certificate_id>", "<int:exchanged_id>",
              "<int:order_id>", "/sao-y")  # fmt: skip
# Of which one case of several is asked, by the end of the rule: one that has what is asked for.
CASE_FOR = {"ket-qua.pdf": "<finished>", "tat-ca.zip": "<finished>", "xin-loi.pdf": "<put off>",
            "du-thao.pdf": "<proposed>", "du-thao-<int:number>.png": "<proposed>",
            "/xem-truoc": "<accepted>", "nop-tien/<int:payment_id>": "<paying>", "/da-chuyen": "<paying>",
            "thu-tien/<int:payment_id>": "<paying>", "<int:receipt_id>.pdf": "<paying>",
            "<int:receipt_id>.xml": "<paying>"}  # fmt: skip


def may(person: Person, method: str, rule: str, access: Access) -> bool:
    """The matrix."""
    if not DOOR[access](person):
        return False
    if rule.startswith(PROVINCE_ONLY):
        return person.agency == PROVINCE
    if rule.startswith("/quan-tri/can-bo/<login>"):
        # The officer works at the police as well: the whole account is not one unit's to close.
        return person.agency == PROVINCE or (person.is_own and not rule.endswith(("/ma", "/khoa", "/sua")))
    if method == "POST" and rule.startswith(OF_THE_UNIT):
        return person.agency in (demo.AGENCY, PROVINCE)
    if rule.startswith("/ke-toan/doi-soat"):
        return person.agency == PROVINCE
    if rule.startswith("/ke-toan/") and "<" in rule:
        return person.agency in (demo.AGENCY, PROVINCE)
    if (method, rule) in EDITORS_ONLY:
        return person.role is Role.CATALOG_EDITOR
    return may_with_case(person, rule)


def may_with_paper(person: Person, rule: str) -> bool:
    """The part of the matrix about papers that go out."""
    if rule.startswith("/can-bo/ky-so"):
        return person.role is Role.APPROVER
    if rule.startswith("/can-bo/van-ban-den"):
        return person.role is Role.CLERK
    if rule.endswith("/gui"):
        return person.role is Role.CLERK and person.is_own
    if rule.endswith("/thu-hoi"):
        return person.role is Role.APPROVER and person.is_own
    reads = person.role in (Role.CLERK, Role.HEAD, Role.APPROVER)
    return reads and (person.is_own or "<" not in rule)


def may_with_case(person: Person, rule: str) -> bool:
    """The part of the matrix about cases and their papers."""
    if rule.startswith(("/can-bo/ky-so", "/can-bo/van-ban-")):
        return may_with_paper(person, rule)
    if rule.startswith("/can-bo/ho-so/<reference>/buu-dien"):
        return person.role is Role.RECEIVING_OFFICER and person.is_own
    if "/thu-tien" in rule:
        return person.role in (Role.RECEIVING_OFFICER, Role.ACCOUNTANT) and person.is_own
    if rule.endswith("/xem-truoc"):
        return person.role is Role.CASE_OFFICER and person.is_own
    if rule.startswith(OF_THE_APPLICANT):
        return person.name == OWNER
    if "<reference>" in rule:
        return person.name == OWNER if person.role is None else person.works_with_cases and person.is_own
    return True


@pytest.fixture
def parts(desk: Desk, database: Database) -> dict[str, str]:
    """What stands in the addresses: cases at the unit, a draft of their applicant, a thing of each kind."""
    desk.now = now()
    case, draft = desk.submit(), desk.draft()
    finished, proposed, accepted = desk.case_at(Action.ISSUE), desk.case_at(Action.PROPOSE), desk.case_at(Action.ROUTE)
    day = (desk.now + timedelta(days=60)).date().isoformat()
    put_off = desk.do(desk.case_at(Action.ROUTE), "truongphong", Action.RESCHEDULE,
                      details={"new_day": day, "reason": "Chậm"})  # fmt: skip
    with database.unit_of_work() as session:
        result = result_of(session, finished.id)
        assert result is not None
        keep(result, Tools({}, (), "", desk.storage, ""), Made(Step.DONE, PDF), desk.now)
    desk.do(finished, "system", Action.RELEASE)
    desk.do(finished, "congdan", Action.DELIVER)
    with database.unit_of_work() as session:
        document = session.scalars(select(Document).where(Document.case_id == case.id)).first()
        of_draft = session.scalars(select(Document).where(Document.draft_id == draft.id)).first()
        assert document is not None and of_draft is not None
        mine = desk.account(session, "congdan")
        paper = wallet.papers_of(session, mine.id)[0]
        upload = partial.begin(session, draft.id, paper="", file_name="a.pdf", size=3, max_mb=1, now=desk.now)
        reason = reasons.add(session, demo.AGENCY, ReasonKind.PAPER, "Mờ")
        synonym = SearchSynonym(say="làm giấy cho bé", means="khai sinh", created_at=desk.now)
        session.add(synonym)
        version = session.scalars(select(ProcedureVersionRow).where(ProcedureVersionRow.procedure_code == CODE)).first()
        assert version is not None
        session.flush()
        session.get_one(Case, accepted.id).assignee_id = None  # anybody's who holds the position
        place = session.scalar(select(Position.id).join(Account).where(
            Account.login == "motcua", Position.agency_key == demo.AGENCY
        ))  # fmt: skip
        step = publishing.version(session, draft.version_id).form.steps[0].key
    return {
        "<finished>": finished.reference, "<int:paper_id>": str(result.id),
        "<put off>": put_off.reference, "<proposed>": proposed.reference,
        "<accepted>": accepted.reference, "<reference>": case.reference, "<draft's document>": str(of_draft.id),
        "<uuid:document_id>": str(document.id), "<uuid:draft_id>": str(draft.id), "<uuid:upload_id>": str(upload.id),
        "<uuid:paper_id>": str(paper.id), "<int:reason_id>": str(reason.id), "<int:synonym_id>": str(synonym.id),
        "<int:version_id>": str(version.id), "trang-<int:number>": "trang-1", "thao-<int:number>": "thao-1",
        "to-khai/<key>": f"to-khai/{step}", "<kind>": "jsonl", "<login>": "motcua", "<int:position_id>": str(place),
        "viec/<key>": f"viec/{life_events()[0].key}", "<decision>": "duyet", "<gateway>": "khong-co",
        **money_parts(desk),
        "<action>": "accept",
    }  # fmt: skip


def money_parts(desk: Desk) -> dict[str, str]:
    """A case with two payments: one that waits for a transfer, and one in cash with its receipt, to be given back."""
    case = case_to_pay(desk)
    with desk.database.unit_of_work() as session:
        owed = paying.require_payable(session, session.get_one(Case, case.id))
        waiting = payments.begin(
            session, owed, VietQr({"*": BankAccount("970436", "1", "UBND")}), by=desk.actor("congdan"), now=desk.now
        )
        waiting.qr = "x"
        cash = payments.take_at_counter(session, owed, "cash", "", by=desk.actor("motcua"), now=desk.now)
        receipt = receipts.issue(session, cash, paying.receipt_facts(session, cash, {}), {}, desk.now)
        refund = refunds.ask(session, cash.id, "1000", "Thừa", by=desk.actor("ketoan"), now=desk.now)
        day = reconciliation.keep(session, "vnpay", local_day(desk.now), [], by=desk.actor("ketoantinh"), now=desk.now)
    return {"<paying>": case.reference, "<int:payment_id>": str(waiting.id), "<int:receipt_id>": str(receipt.id),
            "<int:refund_id>": str(refund.id), "<int:day_id>": str(day.id)}  # fmt: skip


def account_of(session: Session, desk: Desk, person: Person) -> int:
    """An account for this person, who never types a password."""
    if person.name == OWNER:
        return desk.account(session, "congdan").id
    account = Account(login="mot-nguoi", password_hash="!", full_name="Một Người", created_at=desk.now)
    session.add(account)
    session.flush()
    if person.role and person.agency:
        appoint(session, account, person.agency, person.role, desk.now)
    return account.id


def asked(client: FlaskClient, parts: dict[str, str], method: str, rule: str) -> int:
    """The status; being sent to sign in counts as 401."""
    target = rule
    for end, which in CASE_FOR.items():
        target = target.replace("<reference>", which) if rule.endswith(end) else target
    if rule.startswith("/ho-so-nhap/"):
        target = target.replace("<uuid:document_id>", "<draft's document>")
    for part, value in parts.items():
        target = target.replace(part, value)
    sent = (
        {"case": parts["<reference>"], "action": "accept", "agency": demo.AGENCY, "co-quan": demo.AGENCY}
        if method == "POST"
        else None
    )
    with client.open(address(target), method=method, data=sent) as answer:
        status = answer.status_code
    if rule.endswith(ONLY_MACHINES) and status in (400, 412, 415, 422):
        return 404  # a request of a kind that none of the pages makes is turned away before anything is looked up
    sent_away = status == 302 and answer.location.startswith("/dang-nhap")
    return 401 if sent_away and rule not in ("/dang-xuat", "/kich-hoat") else status


# Reading first, and what ends things last, so that each is asked about things that are there.
_LAST = ("/gui", "/xoa", "/thoi", "/khoa", "/ma", "/dang-xuat", "<action>")
ORDER = sorted(ROUTES, key=lambda route: (route[0] != "GET", route[1].endswith(_LAST), route))


# Roles whose rows are like those of others are asked about by `make test-long`; the rest each time.
ALIKE = (Role.CLERK, Role.APPROVER, Role.CATALOG_APPROVER)
SAMPLE = [
    pytest.param(person, marks=pytest.mark.long, id=person.name)
    if person.role in ALIKE or (person.agency == OTHER and person.role not in (Role.HEAD, Role.ACCOUNTANT))
    else pytest.param(person, id=person.name)
    for person in PEOPLE
]


@pytest.mark.parametrize("person", SAMPLE)
def test_every_route(app: Flask, desk: Desk, parts: dict[str, str], person: Person) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with desk.database.unit_of_work() as session:
        account_id = account_of(session, desk, person)
        me = Actor(account_id, person.name)
        view = saved_views.save(session, me, "Của tôi", Queue.ALL, Wanted(), [], desk.now)
        parts["<int:view_id>"] = str(view.id)
    wrong = []
    for method, rule in ORDER:
        if "static" in rule or rule == "/healthz":  # which says that nothing works here
            continue
        access = ROUTES[method, rule]
        status = asked(client_of(app, account_id), parts, method, rule)
        refused = status in (401, 403, 404)
        expected = may(person, method, rule, access)
        no_example = rule.endswith(ONLY_MACHINES) or any(part in f"{method} {rule}" for part in NO_EXAMPLE)
        excused = expected and status == 404 and no_example
        if refused == expected and not excused:
            wrong.append((method, rule, status, "allowed" if expected else "refused"))
        assert status < 500, (method, rule)
    assert not wrong, "\n".join(map(str, wrong))


def test_an_officer_does_not_see_the_notes_about_their_own_case(app: Flask, desk: Desk) -> None:
    """Who works at another unit is an applicant like any other."""
    desk.now = now()
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        appoint(session, desk.account(session, "congdan"), OTHER, Role.HEAD, desk.now)
        account_id = desk.account(session, "congdan").id
    client = client_of(app, account_id)
    assert client.get(f"/ho-so/{case.reference}").status_code == 200
    assert client.get(f"/can-bo/ho-so/{case.reference}").status_code == 404


def test_the_matrix_has_every_route() -> None:
    """Every mark has its door, and every line of the rest names a route that is there."""
    assert set(DOOR) == set(Access)
    rules = {rule for _, rule in ROUTES}
    assert set(ROUTES) >= EDITORS_ONLY
    for start in (*PROVINCE_ONLY, *OF_THE_APPLICANT):
        assert any(rule.startswith(start) for rule in rules), start
    for part in NO_EXAMPLE:
        assert any(part in f"{method} {rule}" for method, rule in ROUTES), part


# Who of the unit may do what to a case, by the last thing that was done to it. The system and applicants aside.
HEADS = {Action.DISCONTINUE: Role.HEAD}
WHO: dict[Action | None, dict[Action, Role]] = {
    None: {Action.ACCEPT: Role.RECEIVING_OFFICER, Action.DECLINE: Role.RECEIVING_OFFICER,
           Action.REQUEST_SUPPLEMENT: Role.RECEIVING_OFFICER, Action.REQUEST_PAYMENT: Role.RECEIVING_OFFICER},
    Action.ACCEPT: HEADS,
    Action.ROUTE: HEADS | {Action.PROPOSE: Role.CASE_OFFICER, Action.CONSULT: Role.CASE_OFFICER,
                           Action.REFER: Role.CASE_OFFICER, Action.REQUEST_SUPPLEMENT: Role.CASE_OFFICER,
                           Action.REQUEST_PAYMENT: Role.CASE_OFFICER, Action.PETITION: Role.CASE_OFFICER,
                           Action.ASSIGN: Role.HEAD,
                           Action.RESCHEDULE: Role.HEAD},
    Action.PROPOSE: HEADS | {Action.ENDORSE: Role.HEAD, Action.SEND_BACK: Role.HEAD, Action.RESCHEDULE: Role.HEAD},
    Action.ENDORSE: HEADS | {Action.APPROVE: Role.APPROVER, Action.SEND_BACK: Role.APPROVER,
                             Action.RESCHEDULE: Role.HEAD},
    Action.APPROVE: {Action.ISSUE: Role.CLERK, Action.SEND_BACK: Role.CLERK, Action.RESCHEDULE: Role.HEAD},
    Action.RELEASE: {Action.DELIVER: Role.RECEIVING_OFFICER},
    Action.DELIVER: {},
}  # fmt: skip
# Moments at which little may be done: asked about by `make test-long`.
LATE = (Action.ACCEPT, Action.ENDORSE, Action.DELIVER)
LOGINS = {Role.RECEIVING_OFFICER: "motcua", Role.CASE_OFFICER: "chuyenvien", Role.HEAD: "truongphong",
          Role.APPROVER: "lanhdao", Role.CLERK: "vanthu", Role.ACCOUNTANT: "ketoan"}  # fmt: skip
DETAILS = {
    "reason": "Lý do", "request": "Thiếu ảnh", "charge": "1000", "outcome": "granted", "agency": "so-noi-vu",
    "question": "Ý kiến?", "days": "2", "procedure": "1.004222", "note": "Ghi", "new_day": "2099-01-05",
    "petition": "reschedule",
}  # fmt: skip


MOMENTS = [
    pytest.param(reached, id=reached or "filed", marks=[pytest.mark.long] if reached in LATE else []) for reached in WHO
]


@pytest.mark.parametrize("reached", MOMENTS)
def test_every_action_of_every_role(app: Flask, desk: Desk, reached: Action | None) -> None:
    """Only the one role that the table names is shown the action, at the unit and nowhere else."""
    app.config["WTF_CSRF_ENABLED"] = False
    desk.now = now()
    case = desk.case_at(reached)
    with desk.database.unit_of_work() as session:
        strangers = {}
        for role in LOGINS:
            stranger = Account(login=f"noi-khac-{role}", password_hash="!", full_name="X", created_at=desk.now)
            session.add(stranger)
            session.flush()
            appoint(session, stranger, OTHER, role, desk.now)
            strangers[role] = stranger.id
        # The demonstration people also work at the police, which takes no part here.
        for position in session.scalars(select(Position).where(Position.agency_key == demo.POLICE)):
            session.delete(position)
        ours = {role: desk.account(session, login).id for role, login in LOGINS.items()}
    for role in LOGINS:
        page = client_of(app, ours[role]).get(f"/can-bo/ho-so/{case.reference}").text
        offered = {action for action in Action if f'/ho-so/{case.reference}/{action.value}"' in page}
        assert offered == {action for action, who in WHO[reached].items() if who is role}, role
        assert client_of(app, strangers[role]).get(f"/can-bo/ho-so/{case.reference}").status_code == 404
    for role in LOGINS:
        for action in Action:
            if WHO[reached].get(action) is role:
                continue
            for account_id, refused in ((ours[role], {409, 422}), (strangers[role], {404})):
                answer = client_of(app, account_id).post(f"/can-bo/ho-so/{case.reference}/{action.value}", data=DETAILS)
                assert answer.status_code in refused, (role, action, answer.status_code)
    with desk.database.unit_of_work() as session:
        assert session.get_one(Case, case.id).version == case.version


def test_the_table_is_the_path() -> None:
    """Every step of the usual way is in the table, done by the role whose login does it."""
    reached: Action | None = None
    for login, action, _ in PATH:
        role = next((role for role, known in LOGINS.items() if known == login), None)
        if role is not None:
            assert WHO[reached][action] is role
        reached = action if action in WHO else reached
