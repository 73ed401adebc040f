"""Messages: bytes on the wire, and plain mappings with the contracts' own element names.

Text is `str`, truth `bool`, numbers `int`; what may be repeated is always a list; what is not
there is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import local

from lxml import etree

from utskick.rivta.contracts import CONTRACTS, Contract
from utskick.rivta.elements import Element
from utskick.rivta.reading import Fields, NotSoap, read_answered, read_asked
from utskick.rivta.writing import NotXmlText, as_text, tagged, written

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_REGISTRY = "urn:riv:itintegration:registry:1"
_BY_TAG = {f"{{{c.responder}}}{c.name}": c for c in CONTRACTS.values()}
_FAULT_CODES = ("VersionMismatch", "MustUnderstand", "Client", "Server")

__all__ = [
    "Fields",
    "NotSoap",
    "NotXmlText",
    "Request",
    "SoapFault",
    "answer",
    "fault",
    "read_answer",
    "read_request",
    "request",
]


class SoapFault(Exception):
    """The answer is a fault. Its text may be about somebody: `str()` has none of it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"fault {code}" if code in _FAULT_CODES else "fault")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Request:
    """`logical_address` is empty where the header has none."""

    contract: Contract
    logical_address: str
    fields: Fields = field(repr=False)


def request(contract: Contract, fields: Mapping[str, object], *, logical_address: str) -> bytes:
    """Raises `NotXmlText`; `ValueError` for fields that break the contract."""
    address = as_text(logical_address, of="LogicalAddress")
    header = tagged("S:Header", tagged("i:LogicalAddress", address))
    return _message(contract, contract.request, fields, header)


def answer(contract: Contract, fields: Mapping[str, object]) -> bytes:
    """Raises `NotXmlText`; `ValueError` for fields that break the contract."""
    return _message(contract, contract.answer, fields)


def fault(code: str, text: str, detail: str = "") -> bytes:
    """A fault of SOAP 1.1; what it holds is in no namespace. Raises `NotXmlText`."""
    inside = tagged("faultcode", as_text(f"S:{code}", of="faultcode"))
    inside += tagged("faultstring", as_text(text, of="faultstring"))
    if detail:
        technical = as_text(detail, of="detailString")
        inside += tagged("detail", tagged("detailString", technical))
    return _envelope("", tagged("S:Body", tagged("S:Fault", inside)))


def read_request(raw: bytes) -> Request:
    """Raises `NotSoap`."""
    envelope = _parsed(raw)
    body = _only_child(_only(envelope, "Body"))
    contract = _BY_TAG.get(str(body.tag))
    if contract is None:
        raise NotSoap("the body holds no contract's request")
    fields = read_asked(body, contract.request, own=contract.responder, core=contract.core)
    return Request(contract, _logical_address(envelope), fields)


def read_answer(contract: Contract, raw: bytes) -> Fields:
    """Raises `SoapFault`, `NotSoap`."""
    body = _only_child(_only(_parsed(raw), "Body"))
    if body.tag == f"{{{_SOAP}}}Fault":
        code = (body.findtext("faultcode") or "").strip().rpartition(":")[2]
        raise SoapFault(code, (body.findtext("faultstring") or "").strip())
    if body.tag != f"{{{contract.responder}}}{contract.answer.name}":
        raise NotSoap(f"the body is no {contract.answer.name}")
    return read_answered(body, contract.answer, own=contract.responder, core=contract.core)


class _Parsers(local):
    """One for each thread: to make it takes longer than to read an answer with it."""

    def __init__(self) -> None:
        self.ours = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )


_PARSERS = _Parsers()


def _parsed(raw: bytes) -> etree._Element:
    try:
        root = etree.fromstring(raw, _PARSERS.ours)
    except (etree.XMLSyntaxError, ValueError):
        # What the parser says quotes what it read.
        raise NotSoap("no XML") from None
    if root.getroottree().docinfo.doctype:
        raise NotSoap("a DOCTYPE")
    if root.tag != f"{{{_SOAP}}}Envelope":
        raise NotSoap("no envelope of SOAP 1.1")
    return root


def _only(envelope: etree._Element, name: str) -> etree._Element:
    match [child for child in envelope if child.tag == f"{{{_SOAP}}}{name}"]:
        case [found]:
            return found
        case _:
            raise NotSoap(f"not one {name}")


def _only_child(body: etree._Element) -> etree._Element:
    match list(body):
        case [child]:
            return child
        case _:
            raise NotSoap("the body does not hold one element")


def _logical_address(envelope: etree._Element) -> str:
    found = envelope.findall(f"{{{_SOAP}}}Header/{{{_REGISTRY}}}LogicalAddress")
    if len(found) > 1:
        raise NotSoap("more than one LogicalAddress")
    return "".join(found[0].itertext()).strip() if found else ""


def _message(
    contract: Contract, message: Element, fields: Mapping[str, object], header: str = ""
) -> bytes:
    inside = written(message, fields, own="r", core="c")
    namespaces = f' xmlns:i="{_REGISTRY}" xmlns:r="{contract.responder}" xmlns:c="{contract.core}"'
    body = tagged("S:Body", tagged(f"r:{message.name}", inside))
    return _envelope(namespaces, header + body)


def _envelope(namespaces: str, inside: str) -> bytes:
    text = f'<S:Envelope xmlns:S="{_SOAP}"{namespaces}>{inside}</S:Envelope>'
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{text}".encode()
