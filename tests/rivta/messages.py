"""Messages as others write them: with prefixes, encodings and extensions of their own."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from utskick.rivta.contracts import Contract
from utskick.rivta.elements import Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
REGISTRY = "urn:riv:itintegration:registry:1"


def a_message(
    body: str, *, header: str = "", before: str = "", encoding: str = "utf-8", soap: str = SOAP
) -> bytes:
    text = (
        f'{before}<env:Envelope xmlns:env="{soap}"><env:Header>{header}</env:Header>'
        f"<env:Body>{body}</env:Body></env:Envelope>"
    )
    return text.encode(encoding)


def an_answer(contract: Contract, inside: str, **changes: str) -> bytes:
    """`inside` writes what stands directly in the answer as `x:` and its parts as `y:`."""
    return a_message(_named(contract, f"{contract.name}Response", inside), **changes)


def a_request(contract: Contract, inside: str, *, address: str = "SE1", **changes: str) -> bytes:
    header = f'<LogicalAddress xmlns="{REGISTRY}">{address}</LogicalAddress>'
    return a_message(_named(contract, contract.name, inside), header=header, **changes)


def _named(contract: Contract, name: str, inside: str) -> str:
    namespaces = f'xmlns:x="{contract.responder}" xmlns:y="{contract.core}"'
    return f"<x:{name} {namespaces}>{inside}</x:{name}>"


Inside = str | list[tuple[str, "Inside"]]


def in_an_envelope(contract: Contract, inside: Inside) -> bytes:
    """Any tree of elements as an answer, right or not."""
    return an_answer(contract, _written(inside, "x"))


def names_in(element: Element) -> Iterator[str]:
    """Of all that may stand in it."""
    for part in element.parts:
        yield part.name
        yield from names_in(part)


def _written(inside: Inside, prefix: str) -> str:
    if isinstance(inside, str):
        return escape(inside)
    return "".join(
        f"<{prefix}:{name}>{_written(deeper, 'y')}</{prefix}:{name}>" for name, deeper in inside
    )
