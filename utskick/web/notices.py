"""The door for the form engine's notices of answered forms (ProcessNotification).

A proxy ends TLS and says whose client certificate it has checked. The door is shut unless the
settings name somebody who may call. What a notice says of a person is neither kept nor logged.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from utskick.domain.certificates import hsa_id_of_subject
from utskick.domain.notices import AnsweredForm
from utskick.domain.rate_limits import Limit, TooOften
from utskick.domain.units import HsaId
from utskick.rivta import envelopes
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.web.callers import Now, Wired, peer_of
from utskick.web.noted import because
from utskick.wiring import Services

router = APIRouter()
_XML = "text/xml; charset=utf-8"
_DONE = envelopes.answer(PROCESS_NOTIFICATION, {"ResultCode": "OK"})


@router.post(PROCESS_NOTIFICATION.path, name="process-notification", include_in_schema=False)
async def receive(request: Request, wired: Wired, now: Now) -> Response:
    """OK for everything that can be read: ours or not, for the first time or again."""
    caller = _caller(request, wired)
    request.state.known = True
    try:
        wired.rate_limits.take(Limit.NOTICES, caller)
        answered = _answered(await request.body())
    except envelopes.NotSoap as error:
        because(request, error)
        return Response(envelopes.fault("Client", str(error)), 400, media_type=_XML)
    except TooOften as error:
        because(request, error)
        fault = envelopes.fault("Server", str(error))
        return Response(fault, 429, headers=error.headers, media_type=_XML)
    await asyncio.to_thread(wired.note_answered, answered, now=now)
    return Response(_DONE, media_type=_XML)


def _caller(request: Request, wired: Services) -> HsaId:
    """Before anything of the body is read."""
    settings = wired.settings.notices
    if not settings.callers:
        raise HTTPException(404)
    caller = None
    if _is_one_of(peer_of(request), wired.settings.web.trusted_proxies):
        headers = request.headers.getlist(settings.caller_header)
        caller = hsa_id_of_subject(headers[0]) if len(headers) == 1 else None
    if caller is None or caller not in settings.callers:
        because(request, "no caller of notices")
        raise HTTPException(403)
    return caller


def _is_one_of(peer: str, proxies: Collection[str]) -> bool:
    for each in proxies:
        with suppress(ValueError):
            if ip_address(peer) in ip_network(each.strip(), strict=False):
                return True
    return False


def _answered(raw: bytes) -> list[AnsweredForm]:
    """Raises `NotSoap`."""
    asked = envelopes.read_request(raw)
    if asked.contract is not PROCESS_NOTIFICATION:
        raise envelopes.NotSoap("another contract's request")
    transactions = asked.fields["engagementTransaction"]
    assert isinstance(transactions, list)
    return [found for each in transactions if (found := AnsweredForm.of(each))]
