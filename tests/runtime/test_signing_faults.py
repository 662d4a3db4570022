"""A worker that is killed between the two signatures of a paper leaves one that is finished correctly, and once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import Settings
from portal.base.clock import now
from portal.base.db import Database
from portal.cases.lifecycle import State
from portal.cases.models import Case, CaseEvent
from portal.documents.signatures import signatures_of
from portal.gateways.storage.folder import FolderStorage
from portal.issuing.models import OutgoingPaper, Step
from portal.issuing.register import result_of
from portal.standins.web import Answer, Asked
from tests.support import story
from tests.support.desk import Desk
from tests.support.pki import AGENCY_NAME, SIGNER, Pki, bind_agency, bind_person
from tests.support.servers import server_folder, wait_for
from tests.support.stack import Stack, free_port

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("faults")]


class SlowSeal:
    """A timestamping authority that keeps the second one who asks waiting, until it is let go."""

    def __init__(self, pki: Pki):
        self._answer = pki.web.paths[("POST", "/ca/tsa")]
        pki.web.paths[("POST", "/ca/tsa")] = self._slowly
        self.asked, self.let_go = threading.Event(), threading.Event()
        self._count, self._lock = 0, threading.Lock()

    def _slowly(self, asked: Asked) -> Answer | None:
        with self._lock:
            self._count += 1
            is_second = self._count == 2
        if is_second:
            self.asked.set()
            self.let_go.wait(60)
            return None
        return self._answer(asked)


@pytest.fixture
def pki(tmp_path: Path) -> Iterator[Pki]:
    made = Pki(tmp_path)
    yield made
    made.web.close()


@pytest.fixture
def stack(pki: Pki) -> Iterator[Stack]:
    """A portal that signs with these keys; nobody is told anything."""
    quiet = {"SMS_GATEWAYS": "esms", "SMS_ESMS_URL": "http://127.0.0.1:9", "SMS_ESMS_API_KEY": "k",
             "SMS_ESMS_SECRET_KEY": "s", "SMS_ESMS_BRANDNAME": "LANGSON"}  # fmt: skip
    with server_folder(in_memory=True) as folder:
        roots = {"SIGNATURE_ROOTS": str(pki.authority.roots)}
        running = Stack(folder / "var", free_port(), environment={**quiet, **pki.env, **roots})
        running.start()
        yield running
        running.stop()


@pytest.fixture
def desk(stack: Stack) -> Iterator[Desk]:
    settings = Settings.from_env({"VAR_DIR": str(stack.var_dir), "PORT": str(stack.port)})
    database = Database(settings.database_url)
    yield Desk(database, FolderStorage(settings.files_dir), now())
    database.dispose()


def test_killed_between_the_signatures(stack: Stack, desk: Desk, pki: Pki) -> None:
    tools = pki.tools(desk.storage)
    bind_agency(desk.database, tools, desk.now)
    bind_person(desk.database, tools, desk.now)
    slow = SlowSeal(pki)
    _, reference = story.apply(stack.base_url)
    story.handle(stack.base_url, reference)
    assert slow.asked.wait(60), "the agency's signature was never begun"
    signed = paper_of(desk, reference)
    assert signed.step == Step.SIGNED
    stack.kill_worker()
    slow.let_go.set()
    wait_for(lambda: paper_of(desk, reference).step == Step.DONE, "the paper to be finished", 180)
    done = paper_of(desk, reference)
    content = desk.storage.get(done.sha256 or "")
    assert content.startswith(desk.storage.get(signed.content_sha256 or "")), "the first signature was made anew"
    report = signatures_of(content, pki.authority.roots)
    assert report is not None
    assert (report.problem, [one.signer for one in report.signatures]) == (None, [SIGNER, AGENCY_NAME])
    with desk.database.unit_of_work() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        finished = select(func.count()).where(CaseEvent.case_id == case.id, CaseEvent.event == "case.finished")
        assert (case.state, session.scalar(finished)) == (State.FINISHED, 1)
        assert session.scalar(select(func.count()).select_from(OutgoingPaper)) == 1


def paper_of(desk: Desk, reference: str) -> OutgoingPaper:
    """The result of the case, as it is now."""
    with desk.database.unit_of_work() as session:
        case_id = session.scalars(select(Case.id).where(Case.reference == reference)).one()
        found = result_of(session, case_id)
        assert found is not None
        return found
