"""Rows of the codes by which a case is followed without an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base


class LookupCode(Base):
    """A code by SMS for following a case without an account, also made where there is no such case to hide that.

    `key` is what the browser holds meanwhile. The code follows from the key and the secret of the installation, so
    that it is nowhere to be read; a worker sends it to `phone`.
    """

    __tablename__ = "lookup_codes"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    phone: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
