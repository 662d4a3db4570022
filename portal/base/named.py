"""Adapters are found by the name of their file, so that adding one touches nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def open_named(folder: str, name: str) -> ModuleType | None:
    """The module of this name in the package `folder`, or None where there is none."""
    path = f"{folder}.{name}"
    return import_module(path) if _NAME.match(name) and find_spec(path) else None
