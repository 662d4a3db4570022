"""Whether a procedure has what going fully online needs ("mức độ 4": apply, pay, be told, get the result)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services_catalog import words
from services_catalog.library import Library
from services_catalog.model import Procedure
from services_catalog.terms import Channel, ServiceLevel


class Standing(StrEnum):
    """What a procedure has for one need: its own, a default of the portal, or nothing."""

    OWN = "own"
    DEFAULT = "default"
    MISSING = "missing"


@dataclass(frozen=True)
class Need:
    """One thing that going fully online needs; `text` says what is there, or why it is not enough."""

    title: str
    standing: Standing
    text: str


@dataclass(frozen=True)
class Readiness:
    """All needs of one procedure."""

    procedure: Procedure
    needs: tuple[Need, ...]

    @property
    def is_ready(self) -> bool:
        """True if nothing is missing; defaults count."""
        return all(need.standing is not Standing.MISSING for need in self.needs)

    @property
    def defaults(self) -> int:
        """How many needs are met by a default."""
        return sum(need.standing is Standing.DEFAULT for need in self.needs)


def readiness(procedure: Procedure, library: Library) -> Readiness:
    """What the procedure has, in the order an editor would fill it in."""
    return Readiness(procedure, tuple(_needs(procedure, library)))


def _needs(p: Procedure, library: Library) -> Iterator[Need]:
    yield _level(p)
    yield _form(p, library)
    yield _papers(p)
    yield _fees(p, library)
    yield _stages(p, library)
    yield _time(p, library)
    yield _result(p, library)
    yield _return(p, library)


def _level(p: Procedure) -> Need:
    title, lower = "Mức trực tuyến", [ref for ref, level in p.levels.items() if level is not ServiceLevel.FULL]
    if p.service_level is not ServiceLevel.FULL or lower:
        places = f" tại {len(lower)} nơi" if p.service_level is ServiceLevel.FULL else ""
        return Need(title, Standing.MISSING, f"Chưa toàn trình{places}.")
    return Need(title, Standing.OWN, words.LEVEL_NAMES[ServiceLevel.FULL])


def _form(p: Procedure, library: Library) -> Need:
    form = library.form_of(p)
    if form is None:
        return Need("Tờ khai", Standing.MISSING, f"Không có tờ khai “{p.form}”.")
    is_default = p.own_form is None and p.form == Procedure.model_fields["form"].default
    return Need("Tờ khai", Standing.DEFAULT if is_default else Standing.OWN, form.title)


def _papers(p: Procedure) -> Need:
    title = "Thành phần hồ sơ"
    if p.papers_reviewed:
        return Need(title, Standing.OWN, f"{len(p.documents)} giấy tờ, đã rà soát.")
    said = f"{len(p.documents)} giấy tờ theo nguồn, chưa rà soát" if p.documents else "Nguồn chưa nêu"
    return Need(title, Standing.DEFAULT, f"{said}: không giấy tờ nào bị đòi khi nộp.")


def _fees(p: Procedure, library: Library) -> Need:
    title = "Phí, lệ phí"
    if not p.fees:
        return Need(title, Standing.DEFAULT, library.defaults.fee_notice)
    if not any(fee.holds_for(Channel.ONLINE) for fee in p.fees):
        return Need(title, Standing.DEFAULT, "Nguồn không nêu mức khi nộp trực tuyến: lấy mức của các cách nộp khác.")
    return Need(title, Standing.OWN, f"{len(p.fees)} quy tắc.")


def _stages(p: Procedure, library: Library) -> Need:
    title = "Các bước xử lý"
    if p.stages:
        return Need(title, Standing.OWN, f"{len(p.stages)} bước riêng.")
    shared = library.workflows.get(p.workflow)
    if shared is None:
        return Need(title, Standing.MISSING, f"Không có quy trình “{p.workflow}”.")
    return Need(
        title, Standing.DEFAULT if shared.sample else Standing.OWN, f"{shared.title}, {len(shared.stages)} bước."
    )


def _time(p: Procedure, library: Library) -> Need:
    title, limit = "Thời hạn", p.time_limit_for(Channel.ONLINE)
    if p.promised_hours:
        return Need(title, Standing.OWN, f"{p.promised_hours} giờ làm việc.")
    if limit:
        return Need(title, Standing.OWN, words.time_limit(limit))
    hours = library.workflow_of(p).promised_hours if p.workflow in library.workflows else None
    if hours is None:
        return Need(title, Standing.MISSING, "Nguồn chưa nêu và không có thời gian mặc định.")
    return Need(title, Standing.DEFAULT, f"{hours} giờ làm việc.")


def _result(p: Procedure, library: Library) -> Need:
    title, name = "Mẫu kết quả", library.papers.get(p.result_paper)
    if name is None:
        return Need(title, Standing.MISSING, f"Không có mẫu “{p.result_paper}”.")
    is_default = p.result_paper == Procedure.model_fields["result_paper"].default
    return Need(title, Standing.DEFAULT if is_default else Standing.OWN, name)


def _return(p: Procedure, library: Library) -> Need:
    title, channels = "Cách trả kết quả", library.defaults.return_channels_for(p)
    if Channel.ONLINE not in channels:
        return Need(title, Standing.MISSING, "Không trả bản điện tử.")
    text = "; ".join(words.RETURN_NAMES[channel] for channel in channels)
    return Need(title, Standing.OWN if p.return_channels else Standing.DEFAULT, text)
