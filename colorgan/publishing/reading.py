"""JSON that other rooms wrote, read back; what cannot be read is a ValueError of one line that names the file."""

import json
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any

from colorgan.recipes import Recipe


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object; {} where there is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{str(path)!r} must hold a JSON object, got {type(content).__name__}")
    return content


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A JSON object a line; [] where there is no such file."""
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    except ValueError as error:
        raise ValueError(f"{str(path)!r} has a line that is not JSON: {error}") from error


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Around what takes a file's content apart: a part that is missing or of another kind is told with the file."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"{str(path)!r} holds what this version cannot read: {error!r}") from error


def from_json(kind: Any, value: Any) -> Any:
    """A value as JSON has it -> as its type wants it: a dataclass, or what its fields are made of.

    What the class does not know is left out, so that a file of another version can be read as far as it goes.
    """
    if is_dataclass(kind) and isinstance(kind, type):
        kinds = typing.get_type_hints(kind)
        known = [one.name for one in fields(kind) if one.name in value]
        return kind(**{name: from_json(kinds[name], value[name]) for name in known})
    parts = typing.get_args(kind)
    if typing.get_origin(kind) in (tuple, list):
        return typing.get_origin(kind)(from_json(parts[0], one) for one in value)
    if isinstance(kind, UnionType) and value is not None:
        return from_json(parts[0], value)
    return value


def recipe_from_json(recorded: Mapping[str, Any]) -> Recipe:
    """The recipe that a run's recipe.json holds."""
    values = dict(recorded)
    if "vividness" in values:  # as it was called, 0 for none, until the name was given to the user's dial alone
        values["target_vividness"] = values.pop("vividness") or None
    recipe: Recipe = from_json(Recipe, values)
    return recipe
