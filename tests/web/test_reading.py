"""Reading lists: nobody reads two at once, and what nobody waits for ends."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from fastapi import Request

from tests.clinic import OTHER_STAFF, STAFF
from tests.waiting import TIMEOUT_S
from utskick.domain.rate_limits import StillBusy
from utskick.ports import still_wanted
from utskick.web.pages.form_body import close_form, watch
from utskick.web.reading import read_apart
from utskick.wiring import Services


async def test_one_person_reads_one_list_at_a_time_and_others_read_theirs(wired: Services) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slowly() -> str:
        begun.set()
        goes_on.wait(10)
        return "read"

    first = asyncio.create_task(read_apart(slowly, actor=STAFF, wired=wired))
    await asyncio.to_thread(begun.wait, 10)

    with pytest.raises(StillBusy):
        await read_apart(slowly, actor=STAFF, wired=wired)
    assert await read_apart(lambda: "theirs", actor=OTHER_STAFF, wired=wired) == "theirs"

    goes_on.set()
    assert await first == "read"
    assert await read_apart(lambda: "again", actor=STAFF, wired=wired) == "again"


async def test_many_who_wait_for_their_turn_take_no_pages_thread(wired: Services) -> None:
    goes_on = threading.Event()
    waiting = [
        asyncio.create_task(
            read_apart(
                partial(goes_on.wait, TIMEOUT_S),
                actor=type(STAFF)(f"{n}", STAFF.unit_id),
                wired=wired,
            )
        )
        for n in range(12)
    ]
    await asyncio.sleep(0)

    others = [asyncio.to_thread(lambda: "a page") for _ in range(12)]

    assert await asyncio.wait_for(asyncio.gather(*others), TIMEOUT_S) == ["a page"] * 12
    goes_on.set()
    await asyncio.gather(*waiting)


class Connection:
    """What a browser that is there, or is gone, sends after its body."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def test_when_the_browser_is_gone_nobody_waits_any_more() -> None:
    connection = Connection()
    request = Request({"type": "http", "state": {}}, connection.receive)
    watch(request)
    asked: Callable[[], bool] = await asyncio.to_thread(still_wanted.get)

    assert asked()
    connection.gone.set()
    await request.state.watching

    assert not asked()


async def test_when_it_has_been_answered_nobody_listens_any_more() -> None:
    request = Request({"type": "http", "state": {}}, Connection().receive)
    watch(request)

    await close_form(request)
    await asyncio.sleep(0)

    assert request.state.watching.cancelled()
