"""Reads YAML files into records; each mistake with file, line and field."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from services_catalog.mistakes import field_mistakes

DATA = Path(__file__).parent / "data"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in the data, at a place an editor can open."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class CatalogError(Exception):
    """The data has mistakes; `mistakes` lists them all."""

    def __init__(self, mistakes: list[Mistake]):
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


@dataclass
class Reader:
    """Reads files below `root` and collects the mistakes."""

    root: Path
    mistakes: list[Mistake] = field(default_factory=list)

    def one(self, name: str, kind: Any) -> Any:
        """The file `name` as a value of type `kind`, or None with the mistakes noted."""
        path = self.root / name
        try:
            data = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - a safe loader
            return TypeAdapter(kind).validate_python(data)
        except OSError as error:
            self.note(path, 1, "", f"Không đọc được tệp: {error.strerror}.")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.note(path, mark.line + 1 if mark else 1, "", f"Không phải YAML: {getattr(error, 'problem', error)}.")
        except ValidationError as error:
            root = yaml.compose(path.read_text("utf-8"), _Loader)
            for found in field_mistakes(error):
                name = ".".join(map(str, found.place))
                self.note(path, _line_of(root, list(found.place)), name, found.sentence)
        return None

    def folder(self, name: str, kind: type[_T]) -> dict[str, _T]:
        """The files of a folder by name, without those that have mistakes."""
        paths = sorted((self.root / name).glob("*.yml"))
        read = {path.stem: self.one(f"{name}/{path.name}", kind) for path in paths}
        return {key: value for key, value in read.items() if value is not None}

    def note_field(self, path: Path, place: list[Any], message: str) -> None:
        """Note a mistake at a field of a file that can be read."""
        root = yaml.compose(path.read_text("utf-8"), _Loader)
        self.note(path, _line_of(root, place), ".".join(map(str, place)), message)

    def note(self, path: Path, line: int, name: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(str(path.relative_to(self.root)), line, name or "-", message))


def _line_of(node: Any, place: list[Any]) -> int:
    """The line (from 1) of the deepest node of `place` that exists."""
    for part in place:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return node.start_mark.line + 1 if node is not None else 1


def _child(node: Any, part: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None
