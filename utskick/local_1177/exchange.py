"""One delivery of a call to a neighbour: how long it takes, and what goes wrong with it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from utskick.local_1177.faults import IMMEDIATE, LOST_AFTER, Fault, FaultKind
from utskick.local_1177.neighbours import Neighbour, World
from utskick.local_1177.platform import a_fault
from utskick.local_1177.replies import BROKEN, GAVE_UP, Ended, Half, NoReply, Reply, page

MADE = re.compile(rb"<(\w+:formRequestResponses)>.*?</\1>")
NUMBER = re.compile(rb"\b[0-9]{12}\b")
MISLEADING: Mapping[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.EMPTY: lambda _body: b"",
    FaultKind.UNSAID: lambda body: MADE.sub(b"", body),
    FaultKind.STRANGER: lambda body: NUMBER.sub(b"191212121212", body),
}
"""What becomes of an answer."""

Apply = Callable[[], Reply]
"""Does what the call asks for, at once."""


async def deliver(world: World, neighbour: Neighbour, contract: str, apply: Apply) -> Ended:
    """As a producer ends it, before any platform sees it."""
    neighbour.calls[contract] += 1
    if neighbour.full:
        neighbour.turned_away += 1
        return page(HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=1)
    with neighbour.occupied():
        fault = neighbour.fault_for(contract)
        if fault is None or fault.kind not in IMMEDIATE:
            await neighbour.take_its_time()
        return apply() if fault is None else await _struck(world, fault, apply)


async def _struck(world: World, fault: Fault, apply: Apply) -> Ended:
    match fault.kind:
        case FaultKind.LATE:
            asyncio.get_running_loop().call_later(fault.seconds, apply)
            return NoReply.RESET
        case FaultKind.HANG_BEFORE | FaultKind.HANG_AFTER:
            reply = apply() if fault.kind is FaultKind.HANG_AFTER else GAVE_UP
            await asyncio.sleep(fault.seconds)
            return reply
        case FaultKind.DOUBLE:
            apply()
            return apply()
        case FaultKind.CUT_BODY:
            return Half(apply())
        case FaultKind.EMPTY | FaultKind.UNSAID | FaultKind.STRANGER:
            reply = apply()
            return replace(reply, body=MISLEADING[fault.kind](reply.body))
        case kind if kind in LOST_AFTER:
            apply()
    return _unanswered(world, fault)


def _unanswered(world: World, fault: Fault) -> Ended:
    match fault.kind:
        case FaultKind.RESET_BEFORE | FaultKind.RESET_AFTER:
            return NoReply.RESET
        case FaultKind.DOWN:
            return NoReply.CLOSED
        case FaultKind.TOO_MANY:
            return page(HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=max(1, round(fault.seconds)))
        case FaultKind.FAULT_BEFORE | FaultKind.FAULT_AFTER:
            return a_fault("Server", "Tekniskt fel. Tolvan Tolvansson, 19121212-1212")
        case FaultKind.PLATFORM_BEFORE | FaultKind.PLATFORM_AFTER:
            return world.platform.says(fault.code, name=fault.platform)
        case _:
            return BROKEN
