"""Fees: dates, channels, exemptions, contradictions."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services_catalog.fees import Exemption, Fee, contradiction, fees_due
from services_catalog.terms import Channel

DAY = date(2026, 3, 10)


@given(st.integers(1000, 10**12), st.integers(1, 100))
def test_an_exemption_never_costs_more_and_is_exact_to_the_dong(amount: int, percent: int) -> None:
    due = Fee(amount_vnd=amount).amount_for(Exemption(who="Trẻ em", percent_off=percent))
    assert 0 <= due <= amount
    assert due * 100 <= amount * (100 - percent) < (due + 1) * 100


def test_a_lower_amount_online_and_a_new_one_from_a_day() -> None:
    fees = [
        Fee(amount_vnd=50_000, channels=(Channel.DESK, Channel.POST)),
        Fee(amount_vnd=25_000, channels=(Channel.ONLINE,), valid_to=DAY),
        Fee(amount_vnd=30_000, channels=(Channel.ONLINE,), valid_from=DAY + timedelta(days=1)),
    ]
    assert [f.amount_vnd for f in fees_due(fees, DAY, Channel.ONLINE)] == [25_000]
    assert [f.amount_vnd for f in fees_due(fees, DAY + timedelta(days=1), Channel.ONLINE)] == [30_000]
    assert [f.amount_vnd for f in fees_due(fees, DAY, Channel.DESK)] == [50_000]
    assert [f.amount_vnd for f in fees_due(fees[:1], DAY, Channel.ONLINE)] == [50_000]  # silence is not "free"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_rules_of_one_case_contradict_where_a_day_has_two(spans: list[tuple[int, int]]) -> None:
    fees = [
        Fee(amount_vnd=1000, applies_to="Lần đầu", valid_from=DAY + timedelta(min(s)), valid_to=DAY + timedelta(max(s)))
        for s in spans
    ]
    doubled = any(len(fees_due(fees, DAY + timedelta(n))) > 1 for n in range(31))
    assert (contradiction(fees) is not None) == doubled


def test_amounts_in_thousands_and_days_turned_round_are_mistakes() -> None:
    with pytest.raises(ValidationError, match="tính bằng đồng"):
        Fee(amount_vnd=50)
    with pytest.raises(ValidationError, match="hết hiệu lực"):
        Fee(amount_vnd=0, valid_from=DAY, valid_to=DAY - timedelta(days=1))
