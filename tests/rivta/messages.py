"""Messages as others write them: with prefixes, encodings and extensions of their own."""

from utskick.rivta.contracts import Contract

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
