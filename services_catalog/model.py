"""A procedure as the catalogue describes it. Files, imports and edits in the browser obey these classes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from services_catalog.fees import Fee, contradiction
from services_catalog.form import Form
from services_catalog.record import AgencyRef, Audiences, Channels, Code, Key, Record, Text, mistake_at
from services_catalog.terms import AfterSupplement, Channel, ServiceLevel, TimeUnit
from services_catalog.text import short_name
from services_catalog.workflow import HOURS_OF_A_DAY, MOST_HOURS, Stage, mistake_in

OTHER_PAPERS = "Giấy tờ khác"
COMPOSED = "composed"


class TimeLimit(Record):
    """Statutory handling time, counted from acceptance. No channels: it holds for all of them."""

    value: int = Field(gt=0, le=3650)
    unit: TimeUnit
    channels: Channels = ()

    @property
    def working_hours(self) -> int:
        """Working hours: exact for hours and working days, about 5 in 7 days and 22 days a month for the others."""
        if self.unit is TimeUnit.WORKING_HOURS:
            return self.value
        days = {TimeUnit.WORKING_DAYS: self.value, TimeUnit.DAYS: self.value * 5 // 7, TimeUnit.MONTHS: self.value * 22}
        return max(1, days[self.unit]) * HOURS_OF_A_DAY

    @property
    def is_in_working_time(self) -> bool:
        """True if `working_hours` is exact."""
        return self.unit in (TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS)


class RequiredDocument(Record):
    """A paper that the applicant hands in."""

    name: Text
    applies_to: Text | None = None
    originals: int = Field(0, ge=0, le=1000)
    copies: int = Field(0, ge=0, le=1000)
    required: bool = True
    form_file: Text | None = None
    # What is taken of it online: how many files at most, and whether nothing but a PDF.
    most_files: int | None = Field(None, ge=1, le=20)
    only_pdf: bool = False

    @property
    def is_for_everyone(self) -> bool:
        """False for a paper that only some applicants need."""
        return self.required and self.applies_to is None


class Procedure(Record):
    """A thủ tục hành chính with the constituents that are published (NĐ 63/2010, Điều 8).

    A value that the source lacks is absent, never guessed; `services_catalog.defaults` says what stands in.
    """

    code: Code
    name: Text
    sector: Key
    ministry: Text
    agencies: tuple[AgencyRef, ...] = Field(min_length=1)
    audiences: Audiences = ()
    decision_no: Text | None = None
    channels: Channels = ()
    # How far it goes online; agencies that differ are named in `levels`.
    service_level: ServiceLevel = ServiceLevel.FULL
    levels: dict[AgencyRef, ServiceLevel] = {}
    steps: tuple[Text, ...] = ()
    conditions: tuple[Text, ...] = ()
    time_limits: tuple[TimeLimit, ...] = ()
    after_supplement: AfterSupplement = AfterSupplement.RESTART
    # Calendar days in which the applicant answers a request for supplements.
    supplement_days: int | None = Field(None, gt=0, le=365)
    fees: tuple[Fee, ...] = ()
    documents: tuple[RequiredDocument, ...] = ()
    # The list of papers was checked by a person. The national list mixes cases, so nothing of it is demanded before.
    papers_reviewed: bool = False
    # How many sets of papers (bộ hồ sơ) are handed in at the desk.
    sets: int | None = Field(None, gt=0, le=1000)
    results: tuple[Text, ...] = ()
    return_channels: Channels = ()
    legal_basis: tuple[Text, ...] = ()
    official_page: Annotated[str, StringConstraints(pattern=r"^https://")] | None = None
    # A form of the library; or one put together for it (`services_catalog.composition`).
    form: Key = COMPOSED
    # A form of its own takes the place of the one that `form` names.
    own_form: Form | None = None
    # Stages of its own take the place of the shared process that `workflow` names.
    workflow: Key = "standard"
    stages: tuple[Stage, ...] = ()
    promised_hours: int | None = Field(None, gt=0, le=MOST_HOURS)
    result_paper: Key = "decision"

    @model_validator(mode="after")
    def _fees_do_not_contradict(self) -> Procedure:
        if found := contradiction(self.fees):
            raise mistake_at("fees", f"Dòng {found[0] + 1} và {found[1] + 1} trùng trường hợp, cách nộp và thời gian.")
        return self

    @model_validator(mode="after")
    def _stages_are_a_way_and_fill_the_time(self) -> Procedure:
        if not self.stages:
            return self
        if mistake := mistake_in(self.stages):
            raise mistake_at("stages", mistake)
        total = self._total_of_stages()
        hours = sum(stage.hours or 0 for stage in self.stages)
        if any(stage.hours is None for stage in self.stages):
            raise mistake_at("stages", "Mỗi bước phải có số giờ làm việc.")
        if total is None:
            raise mistake_at("stages", "Hãy ghi tổng số giờ hẹn trả: thời hạn không tính theo giờ hay ngày làm việc.")
        if hours != total:
            raise mistake_at("stages", f"Tổng giờ của các bước là {hours}, phải bằng {total} giờ của cả thủ tục.")
        return self

    def _total_of_stages(self) -> int | None:
        """What the hours of the stages must add up to: the promise, else the limit if it is in working time."""
        if self.promised_hours:
            return self.promised_hours
        limit = self.time_limit_for(Channel.ONLINE)
        return limit.working_hours if limit and limit.is_in_working_time else None

    @property
    def short_name(self) -> str:
        """The name without the leading "Thủ tục", as people say it."""
        return short_name(self.name)

    def paper_name(self, position: int) -> str:
        """The name of the paper at a place of the list; beyond it are papers that the list does not name."""
        return self.documents[position].name if position < len(self.documents) else OTHER_PAPERS

    def paper_key(self, position: int) -> str:
        """What tells a paper from all others of the list, also when the list changes; empty beyond the list."""
        if position >= len(self.documents):
            return ""
        paper = self.documents[position]
        before = sum((d.name, d.applies_to) == (paper.name, paper.applies_to) for d in self.documents[:position])
        return f"{paper.name}\n{paper.applies_to or ''}\n{before}"

    def demands(self, document: RequiredDocument) -> bool:
        """True if nobody can apply without this paper."""
        return self.papers_reviewed and document.is_for_everyone

    def time_limit_for(self, channel: Channel) -> TimeLimit | None:
        """The longest limit that holds for `channel`, or None where the source has none.

        Several limits mean that the law has cases; the longest is the one never promised too early.
        """
        limits = [limit for limit in self.time_limits if not limit.channels or channel in limit.channels]
        return max(limits, key=lambda limit: limit.working_hours) if limits else None

    def level_at(self, agency_key: str, group: str | None = None) -> ServiceLevel:
        """How far the procedure goes online at an agency, which may belong to a `group` such as "@communes"."""
        named = self.levels.get(agency_key)
        return named or self.levels.get(group or "", self.service_level)
