"""Messages: bytes on the wire, and plain mappings with the contracts' own element names.

Text is `str`, truth `bool`, numbers `int`; what may be repeated is always a list; what is not
there is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from utskick.rivta.contracts import CONTRACTS, Contract
from utskick.rivta.elements import Element
from utskick.rivta.reading import Fields, NotSoap, read_answered, read_asked
from utskick.rivta.writing import NotXmlText, write, write_text

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
    envelope = _envelope(contract)
    header = etree.SubElement(envelope, f"{{{_SOAP}}}Header")
    write_text(header, f"{{{_REGISTRY}}}LogicalAddress", logical_address)
    return _with_body(envelope, contract.request, fields, contract)


def answer(contract: Contract, fields: Mapping[str, object]) -> bytes:
    """Raises `NotXmlText`; `ValueError` for fields that break the contract."""
    return _with_body(_envelope(contract), contract.answer, fields, contract)


def fault(code: str, text: str, detail: str = "") -> bytes:
    """A fault of SOAP 1.1; what it holds is in no namespace. Raises `NotXmlText`."""
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"S": _SOAP})
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    element = etree.SubElement(body, f"{{{_SOAP}}}Fault")
    write_text(element, "faultcode", f"S:{code}")
    write_text(element, "faultstring", text)
    if detail:
        write_text(etree.SubElement(element, "detail"), "detailString", detail)
    return _as_bytes(envelope)


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


def _parsed(raw: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        # What the parser says quotes what it read.
        raise NotSoap("no XML") from None
    if root.getroottree().docinfo.doctype:
        raise NotSoap("a DOCTYPE")
    if root.tag != f"{{{_SOAP}}}Envelope":
        raise NotSoap("no envelope of SOAP 1.1")
    return root


def _only(envelope: etree._Element, name: str) -> etree._Element:
    match envelope.findall(f"{{{_SOAP}}}{name}"):
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


def _envelope(contract: Contract) -> etree._Element:
    namespaces = {"S": _SOAP, "i": _REGISTRY, "r": contract.responder, "c": contract.core}
    return etree.Element(f"{{{_SOAP}}}Envelope", nsmap=namespaces)


def _with_body(
    envelope: etree._Element, message: Element, fields: Mapping[str, object], contract: Contract
) -> bytes:
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    node = etree.SubElement(body, f"{{{contract.responder}}}{message.name}")
    write(node, message, fields, own=contract.responder, core=contract.core)
    return _as_bytes(envelope)


def _as_bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
