"""Plain values to elements, by a contract's table: in its order and its namespaces."""

from collections.abc import Mapping, Sequence

from lxml import etree

from utskick.rivta.elements import Element, Kind


class NotXmlText(Exception):
    """A text has a character that XML cannot carry; says in which element, never which text."""


def write(
    node: etree._Element, element: Element, fields: Mapping[str, object], *, own: str, core: str
) -> None:
    """Raises `NotXmlText`; `ValueError` for fields that break the contract."""
    if not fields.keys() <= element.by_name.keys():
        raise ValueError(f"{element.name} has no such elements")
    for part in element.parts:
        values = _values(part, fields, element)
        for value in values:
            if part.kind is Kind.PARTS:
                child = etree.SubElement(node, f"{{{own}}}{part.name}")
                write(child, part, _mapping(value, part), own=core, core=core)
            else:
                write_text(node, f"{{{own}}}{part.name}", _as_text(value, part))


def _values(part: Element, fields: Mapping[str, object], element: Element) -> Sequence[object]:
    value = fields.get(part.name)
    if value in (None, []):
        if part.mandatory:
            raise ValueError(f"{element.name} needs {part.name}")
        return ()
    if part.repeated != isinstance(value, list):
        raise ValueError(f"{part.name}: a list is what may be repeated")
    return value if isinstance(value, list) else (value,)


def _mapping(value: object, part: Element) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{part.name} has elements of its own")  # noqa: TRY004  # a wrong field
    return value


def _as_text(value: object, part: Element) -> str:
    match part.kind, value:
        case Kind.TRUTH, bool():
            return "true" if value else "false"
        case Kind.NUMBER, int() if not isinstance(value, bool):
            return str(value)
        case Kind.TEXT, str():
            # As XML has ends of lines; a carriage return would be kept as a character.
            return value.replace("\r\n", "\n").replace("\r", "\n")
        case _:
            raise ValueError(f"{part.name} is no {part.kind.value}")


def write_text(node: etree._Element, tag: str, text: str) -> None:
    child = etree.SubElement(node, tag)
    try:
        child.text = text
    except ValueError:
        raise NotXmlText(f"{etree.QName(tag).localname} has what XML cannot carry") from None
