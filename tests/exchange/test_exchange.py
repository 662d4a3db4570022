"""Papers between agencies: the packages as the axis wants them, sent once, kept once, answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import func, select, update

from portal.agencies.models import Agency
from portal.base.errors import Forbidden, Invalid, NotFound, Refusal
from portal.cases.lifecycle import Action
from portal.exchange import actions, edxml, queries
from portal.exchange.edxml import Attachment, BadPackage, Organ, Paper, Status, build, build_status, parse
from portal.exchange.models import BadPackageRow, ExchangedPaper
from portal.gateways.antivirus import ScannerDown, Verdict
from portal.gateways.axis.bridge import Bridge
from portal.issuing.models import Step
from portal.issuing.register import result_of
from portal.issuing.signing import Made, keep
from portal.issuing.tools import Tools
from portal.runtime import demo
from portal.standins.axis import OFFICE, Axis
from portal.standins.web import ANSWER, LOSE_ANSWER, Web
from tests.support.answers import PDF
from tests.support.desk import Desk

PAPER = Paper(
    Organ("H37.21", "UBND phường Tam Thanh"), (Organ("G17", "Bộ Nội vụ"),), "12", "TB", "Tam Thanh", date(2026, 3, 10),
    "Thông báo", "Trả lời Ậm Ợ", "Nguyễn Văn A", "Chủ tịch", datetime(2026, 3, 10, 2, 0, tzinfo=UTC),
    (Attachment("a.pdf", "application/pdf", PDF),),
)  # fmt: skip
WORDS = actions.Words("Văn bản trả lời", "VBTL")
_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1).map(str.strip).filter(bool)


@pytest.fixture
def axis() -> Iterator[Axis]:
    web = Web()
    yield Axis(web)
    web.close()


@pytest.fixture
def bridge(axis: Axis) -> Bridge:
    return Bridge(axis.url, "thu-nghiem")


def issued(desk: Desk) -> int:
    """A paper that was issued; its id."""
    case = desk.case_at(Action.ISSUE)
    with desk.database.unit_of_work() as session:
        paper = result_of(session, case.id)
        assert paper is not None
        keep(paper, Tools({}, (), "", desk.storage, ""), Made(Step.DONE, PDF), desk.now)
        session.execute(update(Agency).where(Agency.key == demo.AGENCY).values(code="H37.21"))
        return paper.id


def send(desk: Desk, paper_id: int, login: str = "vanthu", organ: str = "G17") -> ExchangedPaper:
    with desk.database.unit_of_work() as session:
        return actions.send(session, desk.actor(login), paper_id, organ, "Bộ Nội vụ", WORDS, desk.now)


def only(desk: Desk) -> ExchangedPaper:
    with desk.database.unit_of_work() as session:
        return session.scalars(select(ExchangedPaper)).one()


def test_the_envelope_is_prefixed_and_the_attachments_are_not() -> None:
    text = build(PAPER).decode()
    assert text.index("<edXML xmlns=") < text.index("<edXML:edXMLEnvelope") < text.index("<AttachmentEncoded>")
    tree = etree.fromstring(build(PAPER))
    spelt = {(one.prefix, etree.QName(one).localname) for one in tree[0].iter()}
    assert {prefix for prefix, _ in spelt} == {"edXML"}
    assert {one.prefix for one in tree[1].iter()} == {None}
    assert "<edXML:DocumentId>H37.21,2026/03/10,12/TB</edXML:DocumentId>" in text
    assert '<edXML:Reference xlink:href="cid:tep-1" xlink:type="simple">' in text


@given(_TEXT, _TEXT, st.binary(max_size=200))
def test_a_paper_comes_back_as_it_was(subject: str, name: str, content: bytes) -> None:
    paper = replace(PAPER, subject=subject, attachments=(Attachment("t.bin", "x/y", content or b"0"),),
                    receivers=(Organ("G17", name),))  # fmt: skip
    assert parse(build(paper)) == paper


def test_a_status_comes_back_as_it_was() -> None:
    said = Status(Organ("G17", "Bộ Nội vụ"), PAPER.document_id, "12", "TB", date(2026, 3, 10), "03", "Đã tiếp nhận",
                  datetime(2026, 3, 10, 3, 0, tzinfo=UTC))  # fmt: skip
    assert parse(build_status(said)) == said


@pytest.mark.parametrize("part", ["From", "To", "CodeNumber", "Subject", "PromulgationDate", "AttachmentName"])
def test_what_lacks_something_is_no_package(part: str) -> None:
    tree = etree.fromstring(build(PAPER))
    for one in tree.iter(f"{{{edxml.NAMESPACE}}}{part}"):
        one.getparent().remove(one)
        break
    if part == "AttachmentName":
        for one in tree.iter(f"{{{edxml.NAMESPACE}}}Attachment"):
            for name in one.findall(f"{{{edxml.NAMESPACE}}}{part}"):
                one.remove(name)
    with pytest.raises(BadPackage):
        parse(etree.tostring(tree))


@pytest.mark.parametrize("content", [b"", b"<x/>", b"%PDF", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_nor_is_something_else(content: bytes) -> None:
    with pytest.raises(BadPackage):
        parse(content)


def test_it_is_sent_once_and_the_answer_is_heard(desk: Desk, axis: Axis, bridge: Bridge) -> None:
    paper_id = issued(desk)
    send(desk, paper_id)
    axis.mood = lambda: LOSE_ANSWER
    actions.hand_over_due(desk.database, bridge, desk.storage, lambda: desk.now)
    assert (only(desk).was_sent, only(desk).problem is not None) == (False, True)
    axis.mood = lambda: ANSWER
    later = desk.now.replace(hour=desk.now.hour + 1)
    actions.hand_over_due(desk.database, bridge, desk.storage, lambda: later)
    assert (only(desk).was_sent, only(desk).problem, len(axis.taken)) == (True, None, 1)
    package = parse(next(iter(axis.taken.values())))
    assert isinstance(package, Paper)
    assert (package.sender.id, package.attachments[0].content) == ("H37.21", PDF)
    actions.take_in(desk.database, bridge, desk.storage, lambda: later)
    assert (only(desk).status, axis.inbox) == ("03", {})
    with pytest.raises(Refusal):
        send(desk, paper_id)


def test_who_may_send_and_where_to(desk: Desk) -> None:
    paper_id = issued(desk)
    with pytest.raises(Forbidden):
        send(desk, paper_id, "lanhdao")
    with pytest.raises(Invalid):
        send(desk, paper_id, organ="bộ nào đó")
    send(desk, paper_id, organ="000.00.00.H37")
    assert only(desk).organ_id == "H37"


def test_what_comes_is_numbered_once_and_answered(desk: Desk, axis: Axis, bridge: Bridge) -> None:
    issued(desk)
    for _ in range(2):  # the axis gives it twice
        axis.send_paper(Organ("000.00.21.H37", "UBND"), "7", "Phối hợp", date(2026, 3, 9), PDF)
    axis.put(b"<x/>")
    assert actions.take_in(desk.database, bridge, desk.storage, lambda: desk.now) == 3
    found = only(desk)
    assert (found.number, found.year, found.organ_id, found.status) == (1, 2026, OFFICE.id, "01")
    with desk.database.unit_of_work() as session:
        with pytest.raises(NotFound):
            queries.of_register(session, desk.actor("lanhdao"), found.id)
        with pytest.raises(Invalid):
            actions.answer(session, desk.actor("vanthu"), found.id, actions.REFUSED, " ", desk.now)
    with desk.database.unit_of_work() as session:
        actions.answer(session, desk.actor("vanthu"), found.id, actions.TAKEN, "", desk.now)
    actions.hand_over_due(desk.database, bridge, desk.storage, lambda: desk.now)
    said = [parse(content) for content in axis.taken.values()]
    assert [one.code for one in said if isinstance(one, Status)] == ["03"]
    with desk.database.unit_of_work() as session, pytest.raises(Refusal):
        actions.answer(session, desk.actor("vanthu"), found.id, actions.REFUSED, "Sai", desk.now)
    with desk.database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(ExchangedPaper)) == 1
        bad = session.scalars(select(BadPackageRow)).one()
        assert (desk.storage.get(bad.sha256), bad.problem) == (b"<x/>", "MessageHeader")


class Scanner:
    """Finds something in everything, or does not answer."""

    def __init__(self) -> None:
        self.is_down = True

    def scan(self, content: bytes) -> Verdict:
        if self.is_down:
            raise ScannerDown("x")
        return Verdict("Eicar")

    def version(self) -> str:
        return "x"


def test_files_from_elsewhere_are_scanned_first(desk: Desk, axis: Axis, bridge: Bridge) -> None:
    issued(desk)
    axis.send_paper(Organ("H37.21", "UBND"), "7", "Phối hợp", date(2026, 3, 9), PDF)
    scanner = Scanner()
    assert actions.take_in(desk.database, bridge, desk.storage, lambda: desk.now, scanner) == 0
    assert len(axis.inbox) == 1, "it waits until it can be looked at"
    scanner.is_down = False
    assert actions.take_in(desk.database, bridge, desk.storage, lambda: desk.now, scanner) == 1
    with desk.database.unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(ExchangedPaper)) == 0
        assert session.scalars(select(BadPackageRow.problem)).one() == "malware: Eicar"


def test_one_that_cannot_be_handed_over_keeps_none_of_the_others(desk: Desk, axis: Axis, bridge: Bridge) -> None:
    first, second = send(desk, issued(desk)), send(desk, issued(desk), organ="G18")
    with desk.database.unit_of_work() as session:
        session.get_one(ExchangedPaper, first.id).files = [{"name": "x", "type": "y", "size": 1, "sha256": "0" * 64}]
    actions.hand_over_due(desk.database, bridge, desk.storage, lambda: desk.now)
    with desk.database.unit_of_work() as session:
        assert session.get_one(ExchangedPaper, first.id).problem is not None
        assert session.get_one(ExchangedPaper, second.id).was_sent
