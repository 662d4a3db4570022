"""The citizen and the officers of the demonstration ward, acting through the domain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base.clock import local_day
from portal.base.db import Database
from portal.cases import drafts, intake
from portal.cases.actions import perform
from portal.cases.lifecycle import Action
from portal.cases.models import Case, Draft
from portal.desk import queues
from portal.desk.queues import Queue
from portal.documents import uploads
from portal.gateways.storage.folder import FolderStorage
from portal.identity import queries as identity
from portal.identity.actor import SYSTEM, Actor, actor_for
from portal.identity.models import Account
from portal.runtime import demo
from tests.support.answers import BIRTH, PDF, flat

CODE = "1.001193"
DECISION = {"outcome": "granted", "decision": "Đăng ký theo Luật Hộ tịch."}
# Who does what on the way from desk to number, with the details each gives.
PATH: tuple[tuple[str, Action, dict[str, str]], ...] = (
    ("motcua", Action.ACCEPT, {}),
    ("system", Action.ROUTE, {}),
    ("chuyenvien", Action.PROPOSE, DECISION),
    ("truongphong", Action.ENDORSE, {}),
    ("lanhdao", Action.APPROVE, {}),
    ("vanthu", Action.ISSUE, {}),
    ("system", Action.RELEASE, {}),
    ("congdan", Action.DELIVER, {}),
)


class Desk:
    """Shortcuts for tests; everything goes through the functions that the web uses."""

    def __init__(self, database: Database, storage: FolderStorage, now: datetime):
        self.database, self.storage, self.now = database, storage, now

    def account(self, session: Session, login: str) -> Account:
        """The account with this login."""
        account_id = session.scalar(select(Account.id).where(Account.login == login))
        found = identity.account(session, account_id or 0)
        assert found is not None, login
        return found

    def actor(self, login: str) -> Actor:
        """The person as an actor today; "system" is the workers."""
        if login == "system":
            return SYSTEM
        with self.database.unit_of_work() as session:
            return actor_for(self.account(session, login), local_day(self.now))

    def draft(self, *, answers: bool = True, paper: bool = True) -> Draft:
        """A draft of a birth registration, complete unless told otherwise."""
        with self.database.unit_of_work() as session:
            draft = drafts.begin(session, self.account(session, "congdan"), CODE, demo.AGENCY, self.now)
            if answers:
                draft.typed = flat(BIRTH)
            if paper:
                self.add_paper(session, draft)
            return draft

    def add_paper(self, session: Session, draft: Draft) -> None:
        """Upload the one paper that everyone needs."""
        file = uploads.prepare(uploads.Incoming("chung-sinh.pdf", PDF), uploads.Checks(20))
        uploads.add(session, self.storage, file, draft_id=draft.id, slot=0, now=self.now)

    def submit(self) -> Case:
        """A case that was just filed."""
        draft = self.draft()
        with self.database.unit_of_work() as session:
            return intake.submit(session, self.storage, draft.id, by=self.actor("congdan"), now=self.now)

    def waiting(self, person: str | Actor) -> list[int]:
        """The ids of the cases that wait for this person now, in order."""
        actor = self.actor(person) if isinstance(person, str) else person
        with self.database.unit_of_work() as session:
            return [row.case.id for row in queues.page(session, actor, Queue.MINE, self.now).rows]

    def do(self, case: Case, login: str, action: Action, **more: Any) -> Case:
        """One action by one person."""
        with self.database.unit_of_work() as session:
            return perform(session, case.id, action, by=self.actor(login), now=self.now, **more)

    def case_at(self, last: Action | None) -> Case:
        """A case after the action `last` of the usual path; None: just filed."""
        case = self.submit()
        for login, action, details in PATH if last else ():
            case = self.do(case, login, action, details=details)
            if action is last:
                break
        return case
