"""YAML and JSON that people write, with the file, line, field and reason of each fault."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from utskick.adapters.yaml_loader import Loader, Refused, require_plain
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.limits import SPEC_BYTES
from utskick.domain.specs import place_of, problems_of
from utskick.domain.writing import code_of, find_unusable, without_odd_breaks

Model = TypeVar("Model", bound=BaseModel)

_END_OF_FILE = "\x1a"
"""Ctrl+Z, with which old systems end a file."""


def read_file(path: Path, model: type[Model], *, aliases: bool = False) -> Model:
    """Read one file as `model`. Raises `SpecRefused`."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise SpecRefused(
            [Problem(str(path), "filen går inte att läsa.", "Kontrollera namnet.")]
        ) from None
    return read_text(raw, model, name=str(path), aliases=aliases)


def read_text(raw: bytes, model: type[Model], *, name: str, aliases: bool = False) -> Model:
    """Read YAML, of which JSON is a part. Raises `SpecRefused` with a place for each fault.

    What was typed is not repeated in the faults: it may hold a personnummer. Only with `aliases`
    may a part of the text refer to another.
    """
    if len(raw) > SPEC_BYTES:
        raise SpecRefused([Problem(name, "filen är för stor.", "Dela upp utskicket.")])
    try:
        source = _source(raw)
        _require_usable(source, name)
        loader = Loader(source)
        root = loader.get_single_node()
        document = None
        if root is not None:
            require_plain(root, aliases=aliases)
            document = loader.construct_document(root)
    except UnicodeDecodeError:
        raise SpecRefused(
            [Problem(name, "filen är inte sparad som UTF-8.", "Spara om den som UTF-8.")]
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SpecRefused([_not_yaml(error, name)]) from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise SpecRefused(_placed(error, root, name)) from None


def line_of(path: Path, location: tuple[int | str, ...]) -> int:
    """The line of a field in a file that could be read; of what holds it if it is not there."""
    return _line(yaml.compose(_source(path.read_bytes()), Loader=Loader), location)


def _source(raw: bytes) -> str:
    return without_odd_breaks(raw.decode("utf-8-sig").rstrip(_END_OF_FILE))


def _require_usable(source: str, name: str) -> None:
    place = find_unusable(source)
    if place is None:
        return
    before = source[:place].split("\n")
    raise SpecRefused(
        [
            Problem(
                f"{name}, rad {len(before)}, kolumn {len(before[-1]) + 1}",
                f"tecknet {code_of(source[place])} går inte att använda.",
                "Ta bort det.",
            )
        ]
    )


def _not_yaml(error: Exception, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}, rad {mark.line + 1}, kolumn {mark.column + 1}" if mark else name
    if isinstance(error, Refused):
        return Problem(place, error.reason, error.remedy)
    return Problem(
        place,
        "filen går inte att tolka.",
        "Kontrollera indrag, kolon och citattecken på raden och raden ovanför.",
    )


def _placed(error: ValidationError, root: yaml.Node | None, name: str) -> list[Problem]:
    faults = error.errors(include_input=False, include_context=False)
    return [
        Problem(
            f"{name}, rad {_line(root, location)}, {place_of(location) or 'filen'}",
            problem.reason,
            problem.remedy,
        )
        for location, problem in zip(
            (fault["loc"] for fault in faults), problems_of(faults), strict=True
        )
    ]


def _line(root: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the field, or of the nearest thing that holds it."""
    node, line = root, 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif (
            isinstance(node, yaml.SequenceNode)
            and isinstance(part, int)
            and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
