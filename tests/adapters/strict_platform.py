"""A service platform with its producers, from what the contracts say, and from nothing of ours.

It reads with the standard library and tables of its own: each element in its place and namespace,
as often as it may be, and nothing else. What it answers is as a Java producer writes it.
"""

import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree as ET

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_ADDRESS = "{urn:riv:itintegration:registry:1}LogicalAddress"
_FORMS = "urn:riv:infrastructure:eservicesupply:forminteraction", 2
_INBOX = "urn:riv:infrastructure:eservicesupply:patientportal", 1
_PERSONS = "urn:riv:strategicresourcemanagement:persons:person", 5
ADDRESSES = {_FORMS: "SE1-FORMS", _INBOX: "SE1-INBOX", _PERSONS: "SE1-PERSONS"}

Sequence = Mapping[str, "Sequence | None"]
_ORDER: Sequence = {
    "clinicalProcessInterestId?": None,
    "expireDate": None,
    "formText?": None,
    "healthcare_CareGiver?": None,
    "healthcare_facility_CareUnit": None,
    "healthcare_MedUnit?": None,
    "healthcare_systemID?": None,
    "keepUntil": None,
    "subjectOfCare?": None,
    "templateId": None,
    "templateVersion?": None,
}
_UNIT: Sequence = {"unitId": None, "unitName": None, "unitAddress?": None}
_LINK: Sequence = {"systemId": None, "text": None, "queryString?": None, "type": None}
_MESSAGE: Sequence = {
    "organisationUnit": _UNIT,
    "messageThreadId?": None,
    "messageDescription?": None,
    "messageText": None,
    "ssoLink?": _LINK,
}
_MANY: Sequence = {
    "clinicalProcessInterestIds*": None,
    "healthcare_facility_CareUnit?": None,
    "subjectOfCare?": None,
    "templateIds*": None,
}
REQUESTS: Mapping[str, tuple[tuple[str, int], Sequence, str]] = {
    "CreateFormRequest": (
        _FORMS,
        {"formRequests+": _ORDER},
        (
            "<t:formRequestResponses><d:formId>f-1</d:formId><d:healthcare_facility_CareUnit>"
            "se2321000131-e000000000901</d:healthcare_facility_CareUnit>"
            "<d:subjectOfCare>191212121212</d:subjectOfCare></t:formRequestResponses>"
            "<t:comment>Påminn 191212121212</t:comment><t:resultCode>INFO</t:resultCode>"
        ),
    ),
    "GetForms": (_FORMS, _MANY, "<t:forms><d:formId>f-1</d:formId></t:forms>"),
    "GetForm": (
        _FORMS,
        {"formId": None, "subjectOfCare?": None},
        (
            "<t:form><d:formId>f-1</d:formId><d:formStatus>ONGOING</d:formStatus>"
            "<d:calculationOutcomes/></t:form>"
        ),
    ),
    "GetFormTemplates": (
        _FORMS,
        {"healthcare_facility_CareUnit": None, "subjectOfCare?": None},
        (
            "<t:formTemplates><d:publishStatus>Published</d:publishStatus>"
            "<d:templateId>00000000-0000-4000-8000-000000000001</d:templateId></t:formTemplates>"
        ),
    ),
    "IsActiveUser": (_INBOX, {"subjectOfCareId": None}, "<t:status>true</t:status>"),
    "AddMessageToPatientPortalInbox": (
        _INBOX,
        {
            "subjectOfCareId": None,
            "message": _MESSAGE,
            "notify?": None,
            "sourceSystem?": None,
        },
        "<t:resultCode>OK</t:resultCode><x:more xmlns:x='urn:more'/>",
    ),
    "GetPersonsForProfile": (
        _PERSONS,
        {
            "personId+": {"root": None, "extension?": None},
            "profile": None,
            "ignoreReferredIdentity": None,
        },
        (
            "<t:requestedPersonRecord><d:requestedPersonalIdentity><d:root>1</d:root><d:extension>"
            "191212121212</d:extension></d:requestedPersonalIdentity></t:requestedPersonRecord>"
        ),
    ),
}


def wrong_with(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """What a strict platform or producer holds against a call; empty: nothing."""
    envelope = ET.fromstring(body)  # noqa: S314  # ours
    header, content = envelope
    if [envelope.tag, header.tag, content.tag] != [
        f"{_SOAP}{name}" for name in ("Envelope", "Header", "Body")
    ]:
        return "envelope"
    (operation,) = content
    responder, _, name = operation.tag[1:].partition("}")
    domain, sequence, _ = REQUESTS[name]
    wanted = {
        "responder": responder == f"{domain[0]}:{name}Responder:{domain[1]}",
        "action": headers["SOAPAction"] == f'"{responder}:{name}"',
        "media": headers["Content-Type"].replace(" ", "") == "text/xml;charset=utf-8",
        "address": [(h.tag, h.text) for h in header] == [(_ADDRESS, ADDRESSES[domain])],
        "path": path.endswith(f"/{name}/{domain[1]}/rivtabp21"),
        "attributes": not any(element.attrib for element in envelope.iter()),
    }
    core = f"{domain[0]}:{domain[1]}"
    of_head = ", ".join(what for what, right in wanted.items() if not right)
    return of_head or _wrong_in(operation, sequence, responder, core)


def _wrong_in(element: ET.Element, sequence: Sequence, own: str, core: str) -> str:
    pattern = "".join(
        f"(?:{re.escape(counted.rstrip('?*+'))} ){counted[len(counted.rstrip('?*+')) :]}"
        for counted in sequence
    )
    names = [child.tag.removeprefix(f"{{{own}}}") for child in element]
    if not re.fullmatch(pattern, "".join(f"{name} " for name in names)):
        return f"sequence in {element.tag}"
    inner = {counted.rstrip("?*+"): inside for counted, inside in sequence.items()}
    for child, name in zip(element, names, strict=True):
        inside = inner[name]
        if inside is None and len(child):
            return f"elements in {name}"
        if inside is not None and (wrong := _wrong_in(child, inside, core, core)):
            return wrong
    return ""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    calls: list[tuple[str, str, str]]
    """Which path was called by whom over which TLS, and what was wrong."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wrong = wrong_with(self.path, dict(self.headers), body)
        version = self.connection.version() if isinstance(self.connection, ssl.SSLSocket) else ""
        self.calls.append((self.path, str(version), wrong))
        name = self.path.split("/")[-3]
        self._say(500 if wrong else 200, _fault(wrong) if wrong else _answer(name))

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _say(self, status: int, text: str) -> None:
        content = f"<?xml version='1.0' encoding='ISO-8859-1'?>{text}".encode("iso-8859-1")
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    """Who is not trusted is sent away, and no trace of it is printed."""

    block_on_close = False  # connections that are kept open end with their callers

    def handle_error(self, *_: object) -> None:
        """A client that a test wants to be refused."""


def _answer(name: str) -> str:
    (domain, major), _, inside = REQUESTS[name]
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<t:{name}Response xmlns:t="{domain}:{name}Responder:{major}" '
        f'xmlns:d="{domain}:{major}">{inside}</t:{name}Response></soap:Body></soap:Envelope>'
    )


def _fault(wrong: str) -> str:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Unmarshalling Error: {wrong}"
        "</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )


@contextmanager
def strict_platform(
    context: ssl.SSLContext | None = None,
) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Its address, and what was called there."""
    calls: list[tuple[str, str, str]] = []
    handler = type("Answering", (_Answering,), {"calls": calls})
    with _Server(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()
            thread.join()
