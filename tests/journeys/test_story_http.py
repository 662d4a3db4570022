"""The main job over HTTP, against the whole system; also with the worker killed in the middle."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from tests.support import story
from tests.support.servers import wait_for
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

TOLD = ("đã được gửi", "đã được tiếp nhận, dự kiến trả kết quả", "đã có kết quả")


def check_end(stack: Stack, reference: str, pdf: bytes) -> None:
    """The story ended as it must: right paper, and each message once."""
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "Nguyễn Thị Ậm Ợ" in text
    assert reference in text
    # A message whose task died with the worker comes later, perhaps after the next one, but once.
    wait_for(lambda: len(story.messages(stack.base_url, reference)) >= len(TOLD), "every message to arrive", 90)
    told = story.messages(stack.base_url, reference)
    assert [sum(said.startswith(start) for said in told) for start in TOLD] == [1, 1, 1], told


def test_from_search_to_result(stack: Stack) -> None:
    citizen, reference = story.apply(stack.base_url)
    story.handle(stack.base_url, reference)
    check_end(stack, reference, story.receive(citizen, reference))


@pytest.mark.parametrize(
    "moment", ["after accept", *(pytest.param(m, marks=pytest.mark.long) for m in ("before accept", "after issue"))]
)
def test_killing_the_worker_changes_nothing(stack: Stack, moment: str) -> None:
    def kill(now: str) -> None:
        if now == moment:
            stack.kill_worker()

    citizen, reference = story.apply(stack.base_url)
    story.handle(stack.base_url, reference, kill)
    check_end(stack, reference, story.receive(citizen, reference, seconds=120))
