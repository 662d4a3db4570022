"""edXML packages (QCVN 102:2016/BTTTT): a paper with its files, or the status of one, as XML and back.

Every element of the envelope bears the prefix `edXML:`, and the attachments that follow it bear none: the axis refuses
other spellings. Dates are yyyy/mm/dd, times are Vietnamese.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from defusedxml.ElementTree import fromstring
from lxml import etree

from portal.base.clock import VIETNAM, local

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_XLINK = "http://www.w3.org/1999/xlink"
_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
_NEW = 0


class BadPackage(Exception):
    """No package, or one in which something is missing; the text names the element."""


@dataclass(frozen=True)
class Organ:
    """An agency on the axis."""

    id: str
    name: str


@dataclass(frozen=True)
class Attachment:
    """A file of a package."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Paper:
    """A paper on its way. `number` and `notation` are printed as "12/TB-UBND"."""

    sender: Organ
    receivers: tuple[Organ, ...]
    number: str
    notation: str
    place: str
    issued_on: date
    kind: str
    subject: str
    signer: str
    position: str
    sent_at: datetime
    attachments: tuple[Attachment, ...] = field(repr=False, default=())

    @property
    def document_id(self) -> str:
        """What names it on the axis."""
        return f"{self.sender.id},{_day(self.issued_on)},{self.number}/{self.notation}"


@dataclass(frozen=True)
class Status:
    """What has become of a paper at who received it. `code`: see `STATUS_NAMES`."""

    sender: Organ
    document_id: str
    number: str
    notation: str
    issued_on: date
    code: str
    text: str
    at: datetime


# As agencies use them; the list is not settled by the standard.
STATUS_NAMES = {
    "01": "Đã đến", "02": "Từ chối tiếp nhận", "03": "Đã tiếp nhận", "04": "Phân công xử lý", "05": "Đang xử lý",
    "06": "Hoàn thành", "13": "Lấy lại", "15": "Đồng ý lấy lại hoặc cập nhật", "16": "Từ chối lấy lại hoặc cập nhật",
}  # fmt: skip


def build(paper: Paper) -> bytes:
    """The package of a paper."""
    root, header = _envelope()
    message = _add(header, "MessageHeader")
    _organ(message, "From", paper.sender)
    for one in paper.receivers:
        _organ(message, "To", one)
    _code(message, paper.number, paper.notation)
    promulgation = _add(message, "PromulgationInfo")
    _add(promulgation, "Place", paper.place)
    _add(promulgation, "PromulgationDate", _day(paper.issued_on))
    kind = _add(message, "DocumentType")
    _add(kind, "Type", "1")
    _add(kind, "TypeName", paper.kind)
    _add(message, "Subject", paper.subject)
    _add(message, "Content", paper.subject)
    signer = _add(message, "SignerInfo")
    for name, text in (("Competence", ""), ("Position", paper.position), ("FullName", paper.signer)):
        _add(signer, name, text)
    _add(message, "DocumentId", paper.document_id)
    _trace(header, paper.sender, paper.sent_at)
    _add(header, "DigitalSignature")
    _body(root, paper.attachments)
    return _text(root)


def build_status(status: Status) -> bytes:
    """The message that says what has become of a paper."""
    root, header = _envelope()
    said = _add(header, "Status")
    about = _add(said, "ResponseFor")
    _add(about, "OrganId", status.document_id.split(",")[0])
    _add(about, "Code", f"{status.number}/{status.notation}")
    _add(about, "PromulgationDate", _day(status.issued_on))
    _add(about, "DocumentId", status.document_id)
    _organ(said, "From", status.sender)
    for name, text in (("StatusCode", status.code), ("Description", status.text), ("Timestamp", _instant(status.at))):
        _add(said, name, text)
    return _text(root)


def parse(content: bytes) -> Paper | Status:
    """What a package holds. Raises `BadPackage`."""
    try:
        root = fromstring(content)
    except Exception as error:  # whatever is wrong with XML from elsewhere
        raise BadPackage("XML") from error
    status = root.find(f".//{{{NAMESPACE}}}Status")
    try:
        return _paper(root) if status is None else _status(status)
    except (ValueError, binascii.Error) as error:
        raise BadPackage(str(error)[:80]) from error


def _paper(root: Any) -> Paper:
    message = _find(root, ".//", "MessageHeader")
    receivers = tuple(_organ_in(one) for one in message.findall(f"{{{NAMESPACE}}}To"))
    if not receivers:
        raise BadPackage("To")
    stamps = root.findall(f".//{{{NAMESPACE}}}TraceHeader/{{{NAMESPACE}}}Timestamp")
    issued_on = _to_day(_said(message, "PromulgationInfo/PromulgationDate"))
    return Paper(
        sender=_organ_in(_find(message, "", "From")), receivers=receivers, number=_said(message, "Code/CodeNumber"),
        notation=_said(message, "Code/CodeNotation"), place=_said(message, "PromulgationInfo/Place", ""),
        issued_on=issued_on, kind=_said(message, "DocumentType/TypeName", ""), subject=_said(message, "Subject"),
        signer=_said(message, "SignerInfo/FullName", ""), position=_said(message, "SignerInfo/Position", ""),
        sent_at=_to_instant(stamps[0].text or "") if stamps else datetime.combine(issued_on, time.min, VIETNAM),
        attachments=tuple(_attachment(one) for one in root.findall(f".//{{{NAMESPACE}}}Attachment")),
    )  # fmt: skip


def _status(said: Any) -> Status:
    number, _, notation = _said(said, "ResponseFor/Code").partition("/")
    return Status(
        sender=_organ_in(_find(said, "", "From")), document_id=_said(said, "ResponseFor/DocumentId"), number=number,
        notation=notation, issued_on=_to_day(_said(said, "ResponseFor/PromulgationDate")),
        code=_said(said, "StatusCode"), text=_said(said, "Description", ""),
        at=_to_instant(_said(said, "Timestamp")),
    )  # fmt: skip


def _attachment(one: Any) -> Attachment:
    name = _said(one, "AttachmentName")
    content = base64.b64decode("".join(_said(one, "ContentTransferEncoded").split()), validate=True)
    plain = " ".join(_without_controls(name).replace("/", "_").replace("\\", "_").split())
    return Attachment(plain, _said(one, "ContentType"), content)


def _envelope() -> tuple[Any, Any]:
    root = etree.Element(f"{{{NAMESPACE}}}edXML", nsmap={None: NAMESPACE, "xlink": _XLINK})
    envelope = etree.SubElement(root, f"{{{NAMESPACE}}}edXMLEnvelope", nsmap={"edXML": NAMESPACE})
    return root, _add(envelope, "edXMLHeader")


def _body(root: Any, attachments: Sequence[Attachment]) -> None:
    body = _add(root[0], "edXMLBody")
    manifest = _add(body, "edXMLManifest")
    manifest.set("version", "1.0")
    encoded = etree.SubElement(root, f"{{{NAMESPACE}}}AttachmentEncoded")
    for number, one in enumerate(attachments, 1):
        key = f"tep-{number}"
        reference = _add(manifest, "Reference")
        reference.set(f"{{{_XLINK}}}href", f"cid:{key}")
        reference.set(f"{{{_XLINK}}}type", "simple")
        for name, text in (("Description", one.name), ("AttachmentName", one.name), ("ContentType", one.content_type),
                           ("ContentId", f"cid:{key}")):  # fmt: skip
            _add(reference, name, text)
        file = etree.SubElement(encoded, f"{{{NAMESPACE}}}Attachment")
        for name, text in (("ContentType", one.content_type), ("ContentId", key), ("Description", one.name),
                           ("ContentTransferEncoded", base64.b64encode(one.content).decode()),
                           ("AttachmentName", one.name)):  # fmt: skip
            etree.SubElement(file, f"{{{NAMESPACE}}}{name}").text = text


def _trace(header: Any, sender: Organ, at: datetime) -> None:
    traces = _add(header, "TraceHeaderList")
    for name, text in (("version", "1.0"), ("mustUnderstand", "1"), ("actor", _ACTOR)):
        traces.set(name, text)
    one = _add(traces, "TraceHeader")
    _add(one, "OrganId", sender.id)
    _add(one, "Timestamp", _instant(at))
    business = _add(traces, "Bussiness")  # so spelt in the standard
    for name, text in (("BussinessDocType", str(_NEW)), ("BussinessDocReason", "Văn bản mới"), ("Paper", "0")):
        _add(business, name, text)


def _add(parent: Any, name: str, text: str | None = None) -> Any:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    made.text = None if text is None else _without_controls(text)
    return made


def _without_controls(text: str) -> str:
    """What XML has no room for comes with texts that were pasted."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _organ(parent: Any, name: str, organ: Organ) -> None:
    made = _add(parent, name)
    _add(made, "OrganId", organ.id)
    _add(made, "OrganName", organ.name)


def _code(parent: Any, number: str, notation: str) -> None:
    made = _add(parent, "Code")
    _add(made, "CodeNumber", number)
    _add(made, "CodeNotation", notation)


def _text(root: Any) -> bytes:
    """As XML in which the envelope is prefixed and the attachments are not."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _find(parent: Any, before: str, name: str) -> Any:
    found = parent.find(f"{before}{{{NAMESPACE}}}{name}")
    if found is None:
        raise BadPackage(name)
    return found


def _said(parent: Any, path: str, otherwise: str | None = None) -> str:
    found = parent.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    text = (found.text or "").strip() if found is not None else ""
    if not text and otherwise is None:
        raise BadPackage(path)
    return text or otherwise or ""


def _organ_in(found: Any) -> Organ:
    return Organ(_said(found, "OrganId"), _said(found, "OrganName", ""))


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def _to_day(text: str) -> date:
    return datetime.strptime(text, "%Y/%m/%d").date()  # noqa: DTZ007 - a day


def _instant(at: datetime) -> str:
    return f"{local(at):%Y/%m/%d %H:%M:%S}"


def _to_instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=VIETNAM)
