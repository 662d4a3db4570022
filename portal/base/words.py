"""Instants in plain Vietnamese."""

from __future__ import annotations

from datetime import datetime

from portal.base.clock import local

_DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def when(instant: datetime) -> str:
    """ "15:00 thứ Sáu 27/11/2026" """
    here = local(instant)
    return f"{here:%H:%M} {_DAYS[here.weekday()]} {here:%d/%m/%Y}"


def short_when(instant: datetime) -> str:
    """ "15:00 27/11/2026" """
    return f"{local(instant):%H:%M %d/%m/%Y}"
