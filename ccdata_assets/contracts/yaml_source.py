"""Reading declarations from YAML so that an error can point at its line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from ccdata_assets.errors import ContractError

Model = TypeVar("Model", bound=BaseModel)
Parsed = TypeVar("Parsed")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain_yaml(path: Path) -> Any:
    """What a YAML file of this project's own says, read by the fast parser where there is one; without lines, so not for what people
    write. Raises yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


class YamlSource:
    """One YAML file: its data, and the line on which a path of keys stands."""

    def __init__(self, path: Path) -> None:
        """Read the file; ContractError names file and line where it is no YAML mapping or repeats a key."""
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
            self._root = yaml.compose(text, Loader=_Loader)
            self.data: Any = yaml.load(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContractError(
                f"{path.name}:{line}: not valid YAML: {error.problem}; fix: check indentation, quotes and colons"
            ) from None
        except UnicodeDecodeError as error:
            raise ContractError(
                f"{path.name}: cannot be read as UTF-8 text: {type(error).__name__}; fix: save it as UTF-8"
            ) from None
        except ValueError:  # of a date such as 0000-00-00 00:00:00, which YAML reads as one
            raise ContractError(f"{path.name}: a date or time is none; fix: write it in quotes") from None
        except OSError as error:
            raise ContractError(
                f"{path.name}: cannot be read as UTF-8 text: {type(error).__name__}; fix: save it as UTF-8"
            ) from None
        if not isinstance(self.data, dict):
            raise ContractError(f"{path.name}:1: a mapping of keys is expected here; fix: begin with `key: value`")
        self._refuse_repeated_keys(self._root)
        self._keys = set(_keys(self.data))

    def line(self, path: Sequence[Hashable]) -> int:
        """The line (from 1) of the deepest part of `path` that the file has."""
        node, line = self._root, 1
        for key in path:
            if isinstance(node, yaml.MappingNode):
                hits = [(k, v) for k, v in node.value if k.value == str(key)]
                if not hits:
                    break
                line, node = hits[0][0].start_mark.line + 1, hits[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def error(self, path: Sequence[Hashable], problem: str, fix: str) -> ContractError:
        """An error about the place `path` of this file."""
        where = ".".join(str(part) for part in path)
        return ContractError(
            f"{self.path.name}:{self.line(path)}: {where + ': ' if where else ''}{problem}; fix: {fix}"
        )

    def parse(self, model: type[Model]) -> Model:
        """The whole file as one model."""
        return self._validated(TypeAdapter(model), self.data, ())

    def parse_each(self, model: type[Model]) -> dict[str, Model]:
        """The file as a mapping of names to models."""
        adapter = TypeAdapter(model)
        return {str(name): self._validated(adapter, value, (name,)) for name, value in self.data.items()}

    def _validated(self, adapter: TypeAdapter[Parsed], data: object, prefix: tuple[Hashable, ...]) -> Parsed:
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            raise ContractError("\n".join(self._explain(detail, prefix) for detail in error.errors())) from None

    def _explain(self, detail: Mapping[str, Any], prefix: tuple[Hashable, ...]) -> str:
        # what pydantic says of its own choices (`FileSource`, `literal[…]`) stands in no file
        path = (
            *prefix,
            *(
                _as_written(part)
                for part in detail["loc"]
                if not re.search(r"[A-Z\[]", str(part)) or part in self._keys
            ),
        )
        match detail["type"]:
            case "extra_forbidden":
                problem, fix = (
                    "is not a known key",
                    "correct its spelling or remove it; the guides in docs/ list the keys",
                )
            case "missing":
                problem, fix = "is missing", f"add `{path[-1]}:`"
            case _:
                problem, fix = str(detail["msg"]).removeprefix("Value error, "), "correct the value"
        return str(self.error(path, problem, fix))

    def _refuse_repeated_keys(self, node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise ContractError(
                        f"{self.path.name}:{key.start_mark.line + 1}: `{key.value}` is given twice; fix: keep one"
                    )
                seen.add(key.value)
                self._refuse_repeated_keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._refuse_repeated_keys(item)


def _as_written(part: str | int) -> str | int:
    """A part of a path as it stands in the file: pydantic names a key that is a date by its Python form."""
    found = re.fullmatch(r"datetime\.date\((\d+), (\d+), (\d+)\)", str(part))
    return f"{int(found[1]):04}-{int(found[2]):02}-{int(found[3]):02}" if found else part


def _keys(data: object) -> Iterator[Hashable]:
    """Every key of a nested mapping."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from _keys(value)
    elif isinstance(data, list):
        for item in data:
            yield from _keys(item)
