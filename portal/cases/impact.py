"""What a new version of a procedure means for people who are under way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.cases.lifecycle import ENDED
from portal.cases.models import Case, Draft
from portal.publishing.models import ProcedureVersionRow


@dataclass(frozen=True)
class Impact:
    """How many are touched: drafts move to the version in force, open cases finish under their own."""

    drafts: int
    open_cases: int


def impact_on(session: Session, codes: Collection[str], version_id: int | None = None) -> Impact:
    """Unsent drafts and open cases of these procedures, of one version or of all."""
    versions = select(ProcedureVersionRow.id).where(ProcedureVersionRow.procedure_code.in_(codes))
    if version_id is not None:
        versions = versions.where(ProcedureVersionRow.id == version_id)
    sent = select(Case.draft_id).where(Case.draft_id.is_not(None), Case.version_id.in_(versions))
    drafts = select(func.count()).select_from(Draft).where(Draft.version_id.in_(versions), Draft.id.not_in(sent))
    cases = select(func.count()).select_from(Case).where(Case.version_id.in_(versions), Case.state.not_in(ENDED))
    return Impact(session.scalar(drafts) or 0, session.scalar(cases) or 0)
