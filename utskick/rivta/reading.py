"""Elements to plain values, by a contract's table. No error holds anything of what was read."""

import re
from dataclasses import dataclass

from lxml import etree

from utskick.rivta.elements import Element, Kind

Fields = dict[str, object]

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


class NotSoap(Exception):
    """What came is no message of a contract. Says where it is wrong, in the contracts' words."""


@dataclass(frozen=True, slots=True)
class _Names:
    own: str
    """Namespace of what stands directly in the message."""
    core: str

    @property
    def inside(self) -> "_Names":
        return _Names(self.core, self.core)


def read_answered(node: etree._Element, element: Element, *, own: str, core: str) -> Fields:
    """What an answer says. Producers are newer than tables: what is unknown is passed over.

    Only what stands directly in the answer must be there, and once. Whoever reads its parts judges
    each alone, so that an odd one costs itself only: a value that is not of its kind comes as the
    text that it is, one that stands there twice as a list. Raises `NotSoap`.
    """
    fields = _read(node, element, _Names(own, core), strict=False)
    _require(fields, element)
    _require_own(node, element, f"{{{own}}}")
    return fields


def read_asked(node: etree._Element, element: Element, *, own: str, core: str) -> Fields:
    """What a request says, to the letter: order, counts and kinds. Raises `NotSoap`."""
    return _read(node, element, _Names(own, core), strict=True)


def _read(node: etree._Element, element: Element, names: _Names, *, strict: bool) -> Fields:
    fields: Fields = {name: [] for name in element.repeated_parts}
    own, last = f"{{{names.own}}}", 0
    for child in node:
        tag = str(child.tag)
        part = element.by_name.get(tag[len(own) :]) if tag.startswith(own) else None
        if part is None:
            if strict and (tag.startswith(own) or not tag.startswith("{")):
                raise NotSoap(f"{element.name} holds what the contract does not know")
            continue
        if strict:
            last = _place(part, element, after=last)
        _add(fields, part, _value(child, part, names, strict=strict))
    if strict:
        _require(fields, element)
    return fields


def _place(part: Element, element: Element, *, after: int) -> int:
    place = element.parts.index(part)
    if place < after:
        raise NotSoap(f"{element.name}: {part.name} is not in its place")
    return place


def _add(fields: Fields, part: Element, value: object) -> None:
    known = fields.get(part.name)
    if part.name in fields:
        fields[part.name] = [*known, value] if isinstance(known, list) else [known, value]
    else:
        fields[part.name] = value


def _require(fields: Fields, element: Element) -> None:
    for part in element.parts:
        value = fields.get(part.name)
        if part.mandatory and (value is None or value == []):
            raise NotSoap(f"{element.name} has no {part.name}")
        if isinstance(value, list) and not part.repeated:
            raise NotSoap(f"{element.name} has {part.name} twice")


def _require_own(node: etree._Element, element: Element, own: str) -> None:
    """That there is none of what may be repeated is an answer, too: by it forms are sent again."""
    for child in node:
        tag = str(child.tag)
        if not tag.startswith(own) and tag.rpartition("}")[2] in element.repeated_parts:
            raise NotSoap(f"{element.name} has parts of its own in another namespace")


def _value(node: etree._Element, part: Element, names: _Names, *, strict: bool) -> object:
    if part.kind is Kind.PARTS:
        return _read(node, part, names.inside, strict=strict)
    if strict and len(node):
        raise NotSoap(f"{part.name} is text, and holds elements")
    text = "".join(node.itertext()) if len(node) else node.text or ""
    value = _simple(text, part.kind)
    if strict and part.kind is not Kind.TEXT and isinstance(value, str):
        raise NotSoap(f"{part.name} is no {part.kind.value}")
    return value


def _simple(text: str, kind: Kind) -> object:
    if kind is Kind.TEXT:
        return text
    word = text.strip(" \t\r\n")
    match kind:
        case Kind.TRUTH if word in _TRUTHS:
            return _TRUTHS[word]
        case Kind.NUMBER if _NUMBER.fullmatch(word):
            return int(word)
        case _:
            return text
