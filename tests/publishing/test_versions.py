"""The way of a version: draft, second person, its day, undoing; and what becomes of cases and drafts meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from portal.base.clock import local_day
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.cases import drafts, intake
from portal.cases.impact import Impact, impact_on
from portal.cases.lifecycle import Action, State
from portal.cases.models import Case, Draft
from portal.documents import uploads
from portal.documents.models import Document
from portal.identity.actor import Actor
from portal.identity.models import Role
from portal.publishing import actions, queries
from portal.publishing.in_force import put_in_force
from portal.publishing.models import ProcedureVersionRow, VersionState
from services_catalog.library import WrongRecord
from services_catalog.slots import OTHER
from tests.support.answers import PDF
from tests.support.desk import CODE, PATH, Desk

STAGES = (
    ("nhan", "Nhận", "receiving_officer", "receive", 2),
    ("xu-ly", "Chuyên viên xử lý", "case_officer", "propose", 10),
    ("ky", "Chủ tịch ký", "approver", "approve", 10),
    ("so", "Văn thư vào sổ", "clerk", "issue", 2),
)
SHORT_WAY = [dict(zip(("key", "label", "role", "does", "hours"), stage, strict=True)) for stage in STAGES]


def document(desk: Desk, **changes: Any) -> dict[str, Any]:
    """What version 1 says, changed."""
    with desk.database.unit_of_work() as session:
        found = queries.published(session, CODE)
        return {**found.procedure.model_dump(mode="json", exclude_defaults=True), **changes}


def propose(desk: Desk, effective_on: date | None = None, **changes: Any) -> int:
    """A proposed version 2; its id."""
    editor = desk.actor("bientap")
    with desk.database.unit_of_work() as session:
        row = actions.open_draft(session, CODE, by=editor, now=desk.now)
        day = effective_on or local_day(desk.now)
        actions.save(session, row.id, document(desk, **changes), effective_on=day, note="", by=editor, now=desk.now)
        actions.propose(session, row.id, by=editor, now=desk.now)
        return row.id


def publish(desk: Desk, **changes: Any) -> int:
    """A published version 2; its id."""
    version_id = propose(desk, **changes)
    with desk.database.unit_of_work() as session:
        actions.approve(session, version_id, by=desk.actor("duyetdanhmuc"), now=desk.now)
    return version_id


def state(desk: Desk, version_id: int) -> str:
    with desk.database.unit_of_work() as session:
        return session.get_one(ProcedureVersionRow, version_id).state


def test_a_case_of_version_1_finishes_under_version_1(desk: Desk) -> None:
    old = desk.case_at(Action.ROUTE)
    publish(desk, name="Đăng ký khai sinh kiểu mới", form="composed", result_paper="decision",
            documents=[], stages=SHORT_WAY, promised_hours=24)  # fmt: skip
    with desk.database.unit_of_work() as session:
        now_offered = queries.published(session, CODE)
        assert now_offered.procedure.name == "Đăng ký khai sinh kiểu mới"
        assert [stage.key for stage in now_offered.workflow.stages] == ["nhan", "xu-ly", "ky", "so"]
    for login, action, details in PATH[2:]:
        old = desk.do(old, login, action, details=details)
    with desk.database.unit_of_work() as session:
        done = session.get_one(Case, old.id)
        pinned = queries.version(session, done.version_id)
        assert done.state == State.RETURNED
        assert pinned.procedure.result_paper == "birth-certificate"
        assert [stage.key for stage in pinned.workflow.stages] == ["receive", "examine", "review", "approve", "issue"]
        assert "child_name" in {field.name for step in pinned.form.steps for field in step.fields}
        assert done.handling_minutes is not None


def test_a_case_of_version_2_goes_the_new_way(desk: Desk) -> None:
    publish(desk, stages=SHORT_WAY, promised_hours=24)
    case = desk.submit()
    for login, action, details in PATH:
        if action is not Action.ENDORSE:
            case = desk.do(case, login, action, details=details)
    assert case.state == State.RETURNED


def test_two_people_see_each_change(desk: Desk) -> None:
    version_id = propose(desk, name="Tên mới")
    both = Actor(desk.actor("bientap").account_id, "Cả hai", frozenset({
        ("van-phong-ubnd-tinh", Role.CATALOG_EDITOR), ("van-phong-ubnd-tinh", Role.CATALOG_APPROVER)}))  # fmt: skip
    for nobody in (both, desk.actor("bientap"), desk.actor("lanhdao"), desk.actor("congdan")):
        with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
            actions.approve(session, version_id, by=nobody, now=desk.now)
    assert state(desk, version_id) == VersionState.PROPOSED


def test_a_version_waits_for_its_day_and_replaces_the_old_one(desk: Desk) -> None:
    day = local_day(desk.now) + timedelta(days=7)
    version_id = publish(desk, effective_on=day, name="Tên mới")
    assert state(desk, version_id) == VersionState.APPROVED
    with desk.database.unit_of_work() as session:
        old = queries.published(session, CODE).version_id
        assert not put_in_force(session, desk.now + timedelta(days=6))
        assert put_in_force(session, desk.now + timedelta(days=7))
        assert queries.published(session, CODE).version_id == version_id
        assert queries.common(session, 1)[0].name == "Tên mới"
    assert state(desk, old) == VersionState.SUPERSEDED


def test_an_approval_that_comes_late_takes_effect_on_its_own_day(desk: Desk) -> None:
    version_id = propose(desk, effective_on=date(2020, 1, 1), name="Tên mới")
    with desk.database.unit_of_work() as session:
        actions.approve(session, version_id, by=desk.actor("duyetdanhmuc"), now=desk.now)
    with desk.database.unit_of_work() as session:
        assert session.get_one(ProcedureVersionRow, version_id).effective_on == local_day(desk.now)
        assert queries.published(session, CODE).version_id == version_id


def test_undoing_brings_the_old_version_back_and_cases_keep_theirs(desk: Desk) -> None:
    version_id = publish(desk, name="Tên mới")
    case = desk.submit()
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid):
            actions.undo(session, version_id, " ", by=desk.actor("duyetdanhmuc"), now=desk.now)
        actions.undo(session, version_id, "Sai tên", by=desk.actor("duyetdanhmuc"), now=desk.now)
        only = queries.published(session, CODE)
        assert only.procedure.name == "Thủ tục đăng ký khai sinh"
        assert queries.version(session, case.version_id).procedure.name == "Tên mới"
        with pytest.raises(Refusal, match="duy nhất"):
            actions.undo(session, only.version_id, "Hết", by=desk.actor("duyetdanhmuc"), now=desk.now)
    assert desk.do(case, "motcua", Action.ACCEPT).state == State.ACCEPTED


def test_ending_a_procedure_and_undoing_that(desk: Desk) -> None:
    draft = desk.draft()
    with desk.database.unit_of_work() as session:
        row = actions.end_procedure(session, CODE, effective_on=local_day(desk.now), note="QĐ 1", now=desk.now,
                                    by=desk.actor("bientap"))  # fmt: skip
        actions.approve(session, row.id, by=desk.actor("duyetdanhmuc"), now=desk.now)
        assert queries.published(session, CODE) is None
        assert queries.count(session) == 1015
        with pytest.raises(Refusal, match="không còn tiếp nhận"):
            drafts.move_to_published(session, session.get_one(Draft, draft.id), desk.now)
        actions.undo(session, row.id, "Nhầm", by=desk.actor("duyetdanhmuc"), now=desk.now)
        assert queries.count(session) == 1016


def test_the_approver_learns_who_is_touched(desk: Desk) -> None:
    desk.draft()
    desk.submit()
    with desk.database.unit_of_work() as session:
        assert impact_on(session, [CODE]) == Impact(drafts=1, open_cases=1)
        assert impact_on(session, ["1.000894"]) == Impact(0, 0)


def test_a_draft_moves_to_the_new_version_with_what_it_holds(desk: Desk) -> None:
    draft = desk.draft()
    papers = document(desk)["documents"]
    new = [{"name": "Giấy mới", "originals": 1}, *papers[1:], {**papers[0], "originals": 2}]
    publish(desk, documents=new)
    with desk.database.unit_of_work() as session:
        with pytest.raises(drafts.Outdated):
            intake.submit(session, desk.storage, draft.id, by=desk.actor("congdan"), now=desk.now)
        mine = drafts.draft_for(session, desk.actor("congdan"), draft.id, lock=True)
        assert drafts.is_outdated(session, mine)
        drafts.move_to_published(session, mine, desk.now)
        assert not drafts.is_outdated(session, mine)
        assert mine.typed == draft.typed
        assert session.query(Document.slot).filter_by(draft_id=draft.id).scalar() == len(new) - 1
    publish(desk, documents=[], form="composed")
    with desk.database.unit_of_work() as session:
        mine = drafts.draft_for(session, desk.actor("congdan"), draft.id, lock=True)
        drafts.move_to_published(session, mine, desk.now)
        assert session.query(Document.slot).filter_by(draft_id=draft.id).scalar() == OTHER
        assert mine.typed == draft.typed
        general = queries.version(session, mine.version_id).form
        assert "child_name" not in drafts.checked(mine, general, desk.now).values
        said = drafts.changes_of_form(session, mine, desk.now)
        assert any(line.startswith("Không còn hỏi:") and "Nơi sinh" in line for line in said)
        assert any(line.startswith("Mục mới cần điền:") for line in said)
    with desk.database.unit_of_work() as session:  # taken back: everything is where it was
        wrong = queries.published(session, CODE).version_id
        actions.undo(session, wrong, "Sai", by=desk.actor("duyetdanhmuc"), now=desk.now)
        mine = drafts.draft_for(session, desk.actor("congdan"), draft.id, lock=True)
        drafts.move_to_published(session, mine, desk.now)
        assert mine.typed == draft.typed
        assert session.query(Document.slot).filter_by(draft_id=draft.id).scalar() == len(new) - 1


def test_what_is_wrong_is_not_saved(desk: Desk) -> None:
    editor = desk.actor("bientap")
    with desk.database.unit_of_work() as session:
        row = actions.open_draft(session, CODE, by=editor, now=desk.now)
        before = dict(row.document)
    wrong = document(desk, sector="khong-co", fees=[{"amount_vnd": 8}], time_limits=[{"value": 0, "unit": "days"}])
    with pytest.raises(WrongRecord) as caught, desk.database.unit_of_work() as session:
        actions.save(session, row.id, wrong, effective_on=local_day(desk.now), note="", by=editor, now=desk.now)
    assert {mistake.place for mistake in caught.value.mistakes} == {
        ("fees", 0, "amount_vnd"),
        ("time_limits", 0, "value"),
    }
    with desk.database.unit_of_work() as session:
        assert session.get_one(ProcedureVersionRow, row.id).document == before


def test_the_slower_of_two_editors_is_told(desk: Desk) -> None:
    editor = desk.actor("bientap")
    with desk.database.unit_of_work() as session:
        row = actions.open_draft(session, CODE, by=editor, now=desk.now)
        assert actions.open_draft(session, CODE, by=editor, now=desk.now).id == row.id
    known: Any = {"effective_on": local_day(desk.now), "note": "", "by": editor, "now": desk.now, "revision": 1}
    with desk.database.unit_of_work() as session:
        actions.save(session, row.id, document(desk, name="Một"), **known)
    with pytest.raises(Stale), desk.database.unit_of_work() as session:
        actions.save(session, row.id, document(desk, name="Hai"), **known)


def test_departments_keep_their_own_procedures_only(desk: Desk) -> None:
    justice = Actor(desk.actor("bientap").account_id, "Sở", frozenset({("so-tu-phap", Role.CATALOG_EDITOR)}))
    with desk.database.unit_of_work() as session:
        with pytest.raises(Forbidden):
            actions.open_draft(session, CODE, by=justice, now=desk.now)
        with pytest.raises(NotFound):
            actions.open_draft(session, "9.999999", by=justice, now=desk.now)
        own = next(p for p in queries.all_published(session) if p.procedure.agencies == ("so-tu-phap",))
        row = actions.open_draft(session, own.procedure.code, by=justice, now=desk.now)
        changed = {**row.document, "agencies": ["@communes"]}
        with pytest.raises(Forbidden):  # not even by giving it away
            actions.save(session, row.id, changed, effective_on=local_day(desk.now), note="", by=justice, now=desk.now)


def test_a_new_procedure(desk: Desk) -> None:
    editor, fresh = desk.actor("bientap"), document(desk, code="9.000001", name="Thủ tục thử")
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid):
            actions.begin_procedure(session, document(desk), by=editor, now=desk.now)
        row = actions.begin_procedure(session, fresh, by=editor, now=desk.now)
        assert queries.count(session) == 1016
        actions.propose(session, row.id, by=editor, now=desk.now)
        actions.approve(session, row.id, by=desk.actor("duyetdanhmuc"), now=desk.now)
        assert queries.count(session) == 1017
        assert len(queries.offering_agencies(session, "9.000001")) == 65


def test_levels_of_agencies(desk: Desk) -> None:
    ward = "ubnd-05986"
    publish(desk, service_level="partial", levels={"@communes": "full", ward: "information"})
    with desk.database.unit_of_work() as session:
        levels = {found.agency.key: found.level for found in queries.offering_agencies(session, CODE)}
        assert levels.pop(ward) == "information"
        assert set(levels.values()) == {"full"}
        with pytest.raises(Refusal, match="chưa nhận hồ sơ trực tuyến"):
            drafts.begin(session, desk.account(session, "congdan"), CODE, ward, desk.now)


def test_discarding_and_sending_back(desk: Desk) -> None:
    version_id, approver = propose(desk, name="Tên mới"), desk.actor("duyetdanhmuc")
    with desk.database.unit_of_work() as session:
        with pytest.raises(Invalid):
            actions.send_back(session, version_id, "", by=approver, now=desk.now)
        actions.send_back(session, version_id, "Thiếu căn cứ", by=approver, now=desk.now)
        actions.discard(session, version_id, by=desk.actor("bientap"), now=desk.now)
        with pytest.raises(Refusal, match="người khác xử lý"):
            actions.propose(session, version_id, by=desk.actor("bientap"), now=desk.now)
    assert state(desk, version_id) == VersionState.WITHDRAWN


def test_a_promise_other_than_the_shared_process_has_is_divided_anew(desk: Desk) -> None:
    publish(desk, promised_hours=16)
    with desk.database.unit_of_work() as session:
        workflow = queries.published(session, CODE).workflow
        assert (workflow.promised_hours, workflow.total_hours) == (16, 16)
        assert len(queries.all_published(session)) == 1016


def test_many_approvals_at_once_leave_one_truth(desk: Desk) -> None:
    editor, approver = desk.actor("bientap"), desk.actor("duyetdanhmuc")
    with desk.database.unit_of_work() as session:
        codes = [p.procedure.code for p in queries.all_published(session)[:8]]
        waiting = []
        for code in codes:
            row = actions.open_draft(session, code, by=editor, now=desk.now)
            changed = {**row.document, "name": f"Tên mới {code}"}
            actions.save(session, row.id, changed, effective_on=local_day(desk.now), note="", by=editor, now=desk.now)
            waiting.append(actions.propose(session, row.id, by=editor, now=desk.now).id)

    def approve(version_id: int) -> None:
        with desk.database.unit_of_work() as session:
            actions.approve(session, version_id, by=approver, now=desk.now)

    with ThreadPoolExecutor(len(waiting)) as pool:
        list(pool.map(approve, waiting))
    with desk.database.unit_of_work() as session:
        assert [listed.name for listed in queries.listed(session, codes)] == [f"Tên mới {code}" for code in codes]


def test_whoever_wrote_any_of_it_does_not_approve_it(desk: Desk) -> None:
    office = "van-phong-ubnd-tinh"
    both = frozenset({(office, Role.CATALOG_EDITOR), (office, Role.CATALOG_APPROVER)})
    writer = Actor(desk.actor("duyetdanhmuc").account_id, "Người viết", both)
    known: Any = {"effective_on": local_day(desk.now), "note": "", "now": desk.now}
    with desk.database.unit_of_work() as session:
        row = actions.open_draft(session, CODE, by=writer, now=desk.now)
        actions.save(session, row.id, document(desk, name="Tôi viết"), by=writer, **known)
        actions.save(session, row.id, document(desk, name="Tôi viết."), by=desk.actor("bientap"), **known)
        actions.propose(session, row.id, by=desk.actor("bientap"), now=desk.now)
    with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
        actions.approve(session, row.id, by=writer, now=desk.now)


def test_one_agency_does_not_decide_for_others(desk: Desk) -> None:
    builder = Actor(desk.actor("bientap").account_id, "Sở", frozenset({("so-xay-dung", Role.CATALOG_EDITOR)}))
    with desk.database.unit_of_work() as session:
        shared = next(
            p.procedure for p in queries.all_published(session)
            if "so-xay-dung" in p.procedure.agencies and "@communes" in p.procedure.agencies
        )  # fmt: skip
    with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
        actions.end_procedure(
            session, shared.code, effective_on=local_day(desk.now), note="x", by=builder, now=desk.now
        )
    with pytest.raises(Forbidden), desk.database.unit_of_work() as session:
        fresh = document(desk, code="9.000009", agencies=["so-xay-dung", "@communes"])
        actions.begin_procedure(session, fresh, by=builder, now=desk.now)


def test_a_version_that_was_passed_over_does_not_wait_for_ever(desk: Desk) -> None:
    day = local_day(desk.now) + timedelta(days=2)
    first = publish(desk, effective_on=day, name="Một")
    second = publish(desk, effective_on=day, name="Hai")
    with desk.database.unit_of_work() as session:
        put_in_force(session, desk.now + timedelta(days=2))
    assert (state(desk, first), state(desk, second)) == (VersionState.SUPERSEDED, VersionState.PUBLISHED)


def test_a_first_draft_that_was_given_up_does_not_block_its_code(desk: Desk) -> None:
    editor, fresh = desk.actor("bientap"), document(desk, code="9.000003")
    with desk.database.unit_of_work() as session:
        row = actions.begin_procedure(session, fresh, by=editor, now=desk.now)
        actions.discard(session, row.id, by=editor, now=desk.now)
        again = actions.begin_procedure(session, fresh, by=editor, now=desk.now)
        assert again.id != row.id


def test_a_ward_named_beside_its_group_keeps_the_level_of_the_group(desk: Desk) -> None:
    ward = "ubnd-05986"
    publish(desk, agencies=["@communes", ward], levels={"@communes": "information"})
    with desk.database.unit_of_work() as session:
        levels = {found.agency.key: found.level for found in queries.offering_agencies(session, CODE)}
    assert levels[ward] == "information"


def test_papers_of_one_name_keep_their_files_apart(desk: Desk) -> None:
    papers = [
        {"name": "Giấy", "applies_to": "Cha"},
        {"name": "Khác"},
        {"name": "Giấy", "applies_to": "Mẹ"},
        {"name": "Giấy"},
    ]
    publish(desk, documents=papers)
    draft = desk.draft(paper=False)
    with desk.database.unit_of_work() as session:
        for slot in (0, 2, 3):
            file = uploads.prepare(uploads.Incoming(f"{slot}.pdf", PDF + str(slot).encode()), uploads.Checks(5))
            uploads.add(session, desk.storage, file, draft_id=draft.id, slot=slot, now=desk.now)
    publish(desk, documents=[papers[3], *papers[:3]])
    with desk.database.unit_of_work() as session:
        drafts.move_to_published(session, session.get_one(Draft, draft.id), desk.now)
        found = {d.file_name: d.slot for d in uploads.of_draft(session, draft.id)}
    assert found == {"0.pdf": 1, "2.pdf": 3, "3.pdf": 0}
