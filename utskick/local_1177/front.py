"""What is looked at before anybody does what a call asks for: headers, address, every element."""

from collections.abc import Mapping
from email.message import Message

from lxml import etree

from utskick.local_1177.neighbours import World
from utskick.local_1177.platform import a_fault
from utskick.local_1177.replies import Reply
from utskick.rivta.contracts import Contract
from utskick.rivta.envelopes import Fields, NotSoap, Request, read_request

ORIGINAL_CONSUMER = b"x-rivta-original-serviceconsumer-hsaid"
UTF_8 = ("", "utf-8")


class NotCarried(Exception):
    """The call has reached nobody who would have done anything."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def read_call(
    world: World,
    contract: Contract,
    headers: Mapping[bytes, bytes],
    body: bytes,
    *,
    neighbour: str,
    sender: str | None,
) -> Fields:
    """What is asked for. `sender`: by its certificate, if there is one. Raises `NotCarried`."""
    if sender == "":
        raise NotCarried(world.platform.says("VP002"))
    _require_headers(world, contract, headers)
    request = _read(world, body)
    if not request.logical_address:
        raise NotCarried(world.platform.says("VP003"))
    known = world.platform.logical_addresses[neighbour]
    if request.logical_address != known or request.contract is not contract:
        raise NotCarried(world.platform.says("VP004"))
    return request.fields


def _require_headers(world: World, contract: Contract, headers: Mapping[bytes, bytes]) -> None:
    if ORIGINAL_CONSUMER in headers and not world.platform.takes_original_consumer:
        raise NotCarried(world.platform.says("VP013"))
    media = Message()
    media["Content-Type"] = headers.get(b"content-type", b"").decode("latin-1")
    if media.get_content_type() != "text/xml" or media.get_content_charset("") not in UTF_8:
        raise NotCarried(a_fault("Client", "Content-Type is not text/xml; charset=utf-8"))
    if headers.get(b"soapaction", b"").decode("latin-1") != f'"{contract.action}"':
        raise NotCarried(a_fault("Client", "The SOAPAction does not match an operation"))


def _read(world: World, body: bytes) -> Request:
    try:
        return read_request(body)
    except NotSoap as wrong:
        if not _is_xml(body):
            raise NotCarried(world.platform.says("VP015")) from None
        raise NotCarried(a_fault("Client", f"Unmarshalling Error: {wrong}")) from None


def _is_xml(body: bytes) -> bool:
    try:
        etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return True
