"""What carriers of papers have in common. One file each: `portal/gateways/post/<name>.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from portal.base.named import open_named
from portal.gateways.messages import NotConfigured

FOLDER = "portal.gateways.post"


class Way(StrEnum):
    """Which way the papers go."""

    RETURN = "return"  # the result, to the applicant
    COLLECT = "collect"  # papers, from the applicant's home


class Carried(StrEnum):
    """How far the carrier is."""

    ORDERED = "ordered"
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    RETURNED = "returned"  # nobody was there, or it was refused


@dataclass(frozen=True)
class Address:
    """Where papers are fetched or brought."""

    name: str
    phone: str
    street: str
    commune: str


@dataclass(frozen=True)
class PostOrder:
    """An order to carry papers. `key` is ours and unique; `cod_vnd` is collected on delivery."""

    key: str
    way: Way
    sender: Address
    receiver: Address
    about: str
    cod_vnd: int = 0


@dataclass(frozen=True)
class Tracked:
    """What the carrier says; None where its code says nothing to us. `text` is in its words, for people."""

    carried: Carried | None
    text: str


class Post(Protocol):
    """A carrier. All raise a `SendingError`."""

    name: str

    def order(self, order: PostOrder) -> str:
        """Give an order; its number there. The same key again gives the same."""

    def track(self, key: str) -> Tracked:
        """Where the papers are."""

    def cancel(self, key: str) -> None:
        """Call an order off; twice is harmless."""


def post_from(env: Mapping[str, str]) -> Post | None:
    """The carrier that `POST_PROVIDER` names; None where there is none. Raises `NotConfigured`."""
    name = env.get("POST_PROVIDER", "")
    if not name:
        return None
    module = open_named(FOLDER, name)
    if module is None:
        raise NotConfigured(f"POST_PROVIDER: không có đơn vị bưu chính “{name}”")
    post: Post = module.open_post(env)
    return post
