"""The way to the axis on which agencies exchange papers. One file each: `portal/gateways/axis/<name>.py`.

The axis itself is reached by a software kit of its operator (Java or .NET), of which there is no public protocol: what
stands beside that kit hands packages over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from portal.base.named import open_named
from portal.gateways.messages import NotConfigured

FOLDER = "portal.gateways.axis"


class Axis(Protocol):
    """Takes packages, and has those that have come. All raise a `SendingError`."""

    name: str

    def send(self, key: str, content: bytes) -> None:
        """Hand a package over; the same key again is taken once."""

    def waiting(self) -> Sequence[str]:
        """Keys of packages that have come."""

    def fetch(self, key: str) -> bytes:
        """A package that has come."""

    def confirm(self, key: str) -> None:
        """Say that it is kept here; it is not offered again."""


def axis_from(env: Mapping[str, str]) -> Axis | None:
    """The axis that `AXIS_NAME` names; None where there is none. Raises `NotConfigured`."""
    name = env.get("AXIS_NAME", "")
    if not name:
        return None
    module = open_named(FOLDER, name)
    if module is None:
        raise NotConfigured(f"AXIS_NAME: không có trục “{name}”")
    axis: Axis = module.open_axis(env)
    return axis
