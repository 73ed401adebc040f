"""Calling a neighbour by a national contract, through the service platform (RIV-TA).

What the platform itself refuses is certain only from the one that we call: it may stand before
another, and repeat a call that the other has carried on.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urljoin

from utskick.adapters.http_transport import Answered, HttpTransport, Posting
from utskick.ports import (
    PermanentFailure,
    PlatformRefusal,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.rivta import envelopes
from utskick.rivta.contracts import CONTRACTS, Contract
from utskick.rivta.envelopes import Fields, NotSoap, NotXmlText, SoapFault
from utskick.rivta.faults import platform_fault

_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"
_CORRELATION = "x-skltp-correlation-id"
_XML = "text/xml; charset=utf-8"
_WITH_ENVELOPE = (HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR)


class ProducerFault(TemporaryFailure):
    """A reading was answered with a fault that is none of the platform's."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a contract is called, and whom it is for."""

    url: str
    logical_address: str


def endpoints_at(
    url: str,
    *,
    contracts: Iterable[str],
    logical_address: str,
    addresses: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, Endpoint]:
    """At the contracts' usual paths below `url`.

    `addresses`: a whole URL, or a path on that host, of a contract that is elsewhere.
    """
    usual = {name: f"{url.rstrip('/')}{CONTRACTS[name].path}" for name in contracts}
    return {
        name: Endpoint(urljoin(at, addresses.get(name, at)), logical_address)
        for name, at in usual.items()
    }


class SoapClient:
    """Calls the contracts that have an endpoint.

    `platform` is what the service platform that we call writes in brackets in its faults.
    `consumer_hsa_id` says who we are, in a header; `None` where the platform refuses that.
    """

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        *,
        consumer_hsa_id: str | None,
        platform: str,
        concurrency: int = 50,
        connect_timeout_s: float = 3,
        read_timeout_s: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._consumer = {_CONSUMER: consumer_hsa_id} if consumer_hsa_id else {}
        self._platform = platform
        self._transport = HttpTransport(
            concurrency=concurrency,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            tls=tls,
        )

    async def read(self, contract: Contract, fields: Mapping[str, object]) -> Fields:
        """Ask something that changes nothing.

        Raises `TemporaryFailure`: `PlatformRefusal` if a platform did not carry it on,
        `ProducerFault` if whoever was asked answered with a fault.
        """
        posting = _posting(contract, fields, self._endpoints[contract.name], None)
        answered = await self._post(contract, posting)
        return self._content(contract, answered, TemporaryFailure)

    async def change(
        self,
        contract: Contract,
        fields: Mapping[str, object],
        *,
        may_leave: Callable[[], bool],
        reference: str = "",
    ) -> Fields:
        """Call what changes something.

        Raises `PermanentFailure` if it cannot be said in XML; `Withheld` if `may_leave` said no
        when all was ready to leave; `TemporaryFailure` if it was not applied, and
        `PlatformRefusal` if our platform did not carry it on; else `UnknownOutcome`:
        `RefusedFurtherOn` if another one says that it did not.
        """
        posting = _posting(contract, fields, self._endpoints[contract.name], may_leave)
        answered = await self._post(contract, posting, reference)
        return self._content(contract, answered, UnknownOutcome)

    async def _post(self, contract: Contract, posting: Posting, reference: str = "") -> Answered:
        headers = {"SOAPAction": f'"{contract.action}"', **self._consumer}
        if reference:
            headers[_CORRELATION] = reference
        url = self._endpoints[contract.name].url
        return await self._transport.post(url, posting, of=contract.name, headers=headers)

    def _content(
        self,
        contract: Contract,
        answered: Answered,
        unclear: type[TemporaryFailure | UnknownOutcome],
    ) -> Fields:
        message = f"{contract.name}: status {answered.status}"
        if answered.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TemporaryFailure(message, retry_after_s=answered.retry_after_s)
        if answered.status in _WITH_ENVELOPE:
            try:
                fields = envelopes.read_answer(contract, answered.content)
            except SoapFault as fault:
                raise self._failure(contract, fault, unclear) from None
            except NotSoap as wrong:
                message = f"{message}, {wrong}"
            else:
                if answered.status == HTTPStatus.OK:
                    return fields
        if unclear is TemporaryFailure:
            raise TemporaryFailure(message, retry_after_s=answered.retry_after_s)
        raise unclear(message)

    def _failure(
        self,
        contract: Contract,
        fault: SoapFault,
        unclear: type[TemporaryFailure | UnknownOutcome],
    ) -> Exception:
        platforms = platform_fault(fault.text)
        changing = unclear is UnknownOutcome
        if platforms is None:
            return (unclear if changing else ProducerFault)(f"{contract.name}: {fault}")
        if platforms.certain_from(self._platform) or (platforms.never_forwarded and not changing):
            return PlatformRefusal(platforms.code, contract=contract.name)
        if platforms.never_forwarded:
            return RefusedFurtherOn(platforms.code, contract=contract.name)
        return unclear(f"{contract.name}: {platforms.code}")


def _posting(
    contract: Contract,
    fields: Mapping[str, object],
    endpoint: Endpoint,
    may_leave: Callable[[], bool] | None,
) -> Posting:
    try:
        body = envelopes.request(contract, fields, logical_address=endpoint.logical_address)
    except NotXmlText as wrong:
        raise PermanentFailure(f"{contract.name}: {wrong}") from None
    return Posting(body, content_type=_XML, may_leave=may_leave)
