"""The shape of the code: who may import whom, sizes, one clock, documented dependencies."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [p for folder in ("portal", "services_catalog", "workers") for p in (ROOT / folder).rglob("*.py")
        if "versions" not in p.parts] + [ROOT / "config.py", ROOT / "wsgi.py"]  # fmt: skip


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# Said once, at the kind of question that all others are made of.
_OF_KINDS = ("clean", "show", "options", "inputs", "read", "typed", "missing")


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small_and_explained(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(tree), "every module says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            parent_is_function = any(
                isinstance(p, ast.FunctionDef) and node in ast.walk(p) and p is not node for p in ast.walk(tree)
            )
            overrides = isinstance(node, ast.FunctionDef) and node.name in _OF_KINDS
            if not parent_is_function and not overrides:
                assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 55, f"{node.name} is too long"


def test_only_the_clock_asks_for_the_time() -> None:
    users = [p for p in CODE if re.search(r"datetime\.now\(|date\.today\(|utcnow\(", p.read_text("utf-8"))]
    assert [p.name for p in users] == ["clock.py"]


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    reasons = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    names = [re.split(r"[=\[]", dependency)[0] for dependency in named]
    assert [name for name in names if f"| {name} |" not in reasons] == []


def test_requirements_are_the_pinned_list() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    locked = (ROOT / "requirements.txt").read_text("utf-8").lower()
    for dependency in project["project"]["dependencies"]:
        assert re.sub(r"\[.*\]", "", dependency).lower() in locked


def test_a_worker_starts_without_flask() -> None:
    code = "import sys, workers.app, workers.tasks, workers.relay; sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
