"""The gateways of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.payments import Till, running_till


@pytest.fixture
def till() -> Iterator[Till]:
    """All gateways, as stand-ins on loopback."""
    with running_till() as running:
        yield running
