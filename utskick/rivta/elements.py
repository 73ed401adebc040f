"""What a contract's tables are made of: ordered elements with their names, kinds and counts."""

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    TEXT = "text"
    TRUTH = "boolean"
    NUMBER = "integer"
    PARTS = "parts"
    """It holds elements of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    name: str
    kind: Kind
    mandatory: bool
    repeated: bool
    parts: tuple["Element", ...] = ()
    by_name: dict[str, "Element"] = field(init=False, repr=False)
    repeated_parts: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {part.name: part for part in self.parts})
        repeated = tuple(part.name for part in self.parts if part.repeated)
        object.__setattr__(self, "repeated_parts", repeated)


def text(name: str) -> Element:
    """`name` ends as the contracts count: `?` at most one, `*` any number, `+` at least one."""
    return _element(name, Kind.TEXT)


def truth(name: str) -> Element:
    return _element(name, Kind.TRUTH)


def number(name: str) -> Element:
    return _element(name, Kind.NUMBER)


def parts(name: str, *inside: Element) -> Element:
    """What is inside is in the domain's core namespace."""
    return _element(name, Kind.PARTS, inside)


def texts(names: str) -> tuple[Element, ...]:
    """Several that are text, in their order."""
    return tuple(text(name) for name in names.split())


def _element(counted: str, kind: Kind, inside: tuple[Element, ...] = ()) -> Element:
    name = counted.rstrip("?*+")
    count = counted[len(name) :]
    return Element(
        name, kind, mandatory=count in ("", "+"), repeated=count in ("*", "+"), parts=inside
    )
