"""The service platform: what it says itself, and what it does with whatever a producer does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from utskick.local_1177.replies import Ended, NoReply, Reply
from utskick.rivta.envelopes import fault
from utskick.rivta.faults import platform_text

SOAP = "text/xml; charset=utf-8"
TEXTS = {
    "VP001": "No RIV version configured for service producer",
    "VP002": "No sender ID found in certificate",
    "VP003": "No logical address found in message header",
    "VP004": "No receiver found for this logical address and service contract",
    "VP005": "No route found for this RIV-TA version",
    "VP006": "More than one route found for this logical address",
    "VP007": "Authorization missing",
    "VP008": "No contact with the service catalogue",
    "VP009": "Error connecting to service producer at address",
    "VP010": "No producer address in the service catalogue",
    "VP011": "Sender's IP address is not on the trusted list",
    "VP012": "The platform is not ready",
    "VP013": "Sender may not set x-rivta-original-serviceconsumer-hsaid",
    "VP014": "Request message has already passed this platform",
    "VP015": "XML of the request could not be parsed",
}

LOGICAL_ADDRESSES = {
    "forms": "SE0000000000-FORMS",
    "inbox": "SE0000000000-INBOX",
    "persons": "SE0000000000-PERSONS",
}
"""By which the catalogue finds each neighbour: one address whatever unit a call is about."""

Deliver = Callable[[], Awaitable[Ended]]


@dataclass(slots=True, kw_only=True)
class Platform:
    """While it is `in_front` it passes on no more than it would, and gives up by itself.

    It waits `waits_s` for a producer. A call whose connection the producer resets is sent again
    `again_after_s` later, once: what it asks for may so be done twice.
    """

    name: str = "LOCAL"
    in_front: bool = False
    waits_s: float = 29
    again_after_s: float = 2
    takes_original_consumer: bool = True
    logical_addresses: dict[str, str] = field(default_factory=lambda: dict(LOGICAL_ADDRESSES))
    _under_way: set["asyncio.Task[Ended]"] = field(default_factory=set, repr=False)

    def says(self, code: str, *, name: str = "") -> Reply:
        """A fault of the platform's own, with its name or another platform's."""
        text = platform_text(code, name or self.name, TEXTS[code])
        return a_fault("Client" if code in ("VP003", "VP004", "VP015") else "Server", text)

    async def carry(self, deliver: Deliver) -> Ended:
        """Deliver a call, and say what its caller sees."""
        if not self.in_front:
            return await deliver()
        ended = await self._within_its_time(deliver)
        if ended is NoReply.RESET:
            await asyncio.sleep(self.again_after_s)
            ended = await self._within_its_time(deliver)
        return ended if _passes(ended) else self.says("VP009")

    async def _within_its_time(self, deliver: Deliver) -> Ended:
        """A producer that is given up goes on with what it does."""
        task = asyncio.ensure_future(deliver())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        done, _ = await asyncio.wait({task}, timeout=self.waits_s)
        return task.result() if done else NoReply.CLOSED


def a_fault(code: str, text: str) -> Reply:
    return Reply(
        HTTPStatus.INTERNAL_SERVER_ERROR, fault(code, text, detail=text), content_type=SOAP
    )


def _passes(ended: Ended) -> bool:
    """SOAP passes as it is, faults too; and what turned the call away before the platform."""
    if not isinstance(ended, Reply):
        return False
    whole = ended.content_type == SOAP and ended.body != b""
    return whole or ended.status is HTTPStatus.TOO_MANY_REQUESTS
