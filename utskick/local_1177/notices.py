"""Notices of the form engine's to a care system (ProcessNotification): a form came, was answered.

The file's own triggers write down what there is to say, so nothing that residents or callers do
waits for it. It is said until it is heard, in no promised order, and perhaps more than once.
"""

import asyncio
import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from utskick.local_1177.moments import STOCKHOLM
from utskick.local_1177.neighbours import World
from utskick.local_1177.platform import LOGICAL_ADDRESSES, SOAP
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.rivta.envelopes import NotSoap, SoapFault, read_answer, request

LOOKS_EVERY_S = 0.25
AT_ONCE = 50
LONGEST_WAIT_S = 300
TIMEOUT_S = 10
SERVICE_DOMAIN = "infrastructure:eservicesupply:forminteraction"
DUE = """
    SELECT notice.*, form.unit, form.created_at, form.completed_at, person.personnummer
    FROM notice JOIN form ON form.id = form_id JOIN person ON person.ref = person_ref
    WHERE not_before <= ? ORDER BY notice.id LIMIT ?
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A care system. `header` and `value` say who calls, as a proxy that ends TLS would.

    Each notice is sent `times` over; one that is not heard again after `retry_s`, then later and
    later.
    """

    url: str
    logical_address: str
    header: str = ""
    value: str = ""
    times: int = 1
    retry_s: float = 4


def send_notices_to(state: sqlite3.Connection, receiver: Receiver | None) -> None:
    """From now on, and what has not been heard yet. `None`: to nobody, that neither."""
    state.execute("DELETE FROM notice_receiver")
    if receiver is None:
        state.execute("DELETE FROM notice")
    else:
        state.execute(
            "INSERT INTO notice_receiver VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(receiver.url, receiver.logical_address, receiver.header, receiver.value),
                *(receiver.times, receiver.retry_s),
            ),
        )


async def send_notices(world: World) -> None:
    """Until it is cancelled."""
    client: httpx.AsyncClient | None = None
    try:
        while True:
            row = world.state.execute("SELECT * FROM notice_receiver").fetchone()
            if row:
                # To make one reads the system's certificates, which takes a while.
                if client is None:
                    client = await asyncio.to_thread(lambda: httpx.AsyncClient(timeout=TIMEOUT_S))
                await _send_due(world, Receiver(**dict(row)), client)
            await asyncio.sleep(LOOKS_EVERY_S)
    finally:
        if client:
            await client.aclose()


async def _send_due(world: World, receiver: Receiver, client: httpx.AsyncClient) -> None:
    due = world.state.execute(DUE, (_seconds(world), AT_ONCE)).fetchall()
    for notice in due:
        body = request(
            PROCESS_NOTIFICATION, _said(notice), logical_address=receiver.logical_address
        )
        heard = [await _is_heard(client, receiver, body) for _ in range(receiver.times)]
        if all(heard):
            world.state.execute("DELETE FROM notice WHERE id = ?", (notice["id"],))
        else:
            wait_s = min(LONGEST_WAIT_S, receiver.retry_s * 2 ** notice["tries"])
            world.state.execute(
                "UPDATE notice SET tries = min(tries + 1, 20), not_before = ? WHERE id = ?",
                (_seconds(world) + wait_s, notice["id"]),
            )


async def _is_heard(client: httpx.AsyncClient, receiver: Receiver, body: bytes) -> bool:
    headers = {"Content-Type": SOAP, "SOAPAction": f'"{PROCESS_NOTIFICATION.action}"'}
    if receiver.header:
        headers[receiver.header] = receiver.value
    try:
        response = await client.post(receiver.url, content=body, headers=headers)
        if response.status_code != HTTPStatus.OK:
            log.warning("a notice was answered with status %s", response.status_code)
            return False
        read_answer(PROCESS_NOTIFICATION, response.content)
    except (httpx.HTTPError, NotSoap, SoapFault) as error:
        log.warning("a notice was not heard (%s)", type(error).__name__)
        return False
    return True


def _said(notice: sqlite3.Row) -> dict[str, Any]:
    changed = notice["completed_at"] or notice["created_at"]
    engagement = {
        "registeredResidentIdentification": notice["personnummer"],
        "serviceDomain": SERVICE_DOMAIN,
        "categorization": notice["categorization"],
        "logicalAddress": LOGICAL_ADDRESSES["forms"],
        "businessObjectInstanceIdentifier": notice["form_id"],
        "clinicalProcessInterestId": "NA",
        "mostRecentContent": _index_time(changed),
        "sourceSystem": LOGICAL_ADDRESSES["forms"],
        "creationTime": _index_time(notice["created_at"]),
        "updateTime": _index_time(changed),
        "dataController": notice["unit"],
    }
    return {"engagementTransaction": [{"deleteFlag": False, "engagement": engagement}]}


def _index_time(moment: str) -> str | None:
    """Left out if it is no moment: another system's form may have any."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(STOCKHOLM):%Y%m%d%H%M%S}"
    except ValueError:
        return None


def _seconds(world: World) -> float:
    return world.clock().timestamp()
