"""Handing in a package dispatch over REST, and watching what becomes of it in both databases."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Self
from uuid import uuid4

import httpx
import psycopg

from benchmarks import NotAsPromised
from benchmarks.installation import Installation
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.units import Actor, HsaId

UNIT = HsaId("SE2321000131-E000000000101")
PACKAGE = "vuxenpsykiatri-infor-besok"
_LOOKS_EVERY_S = 0.02
_GIVEN_UP_AFTER_S = 120
_FIRST_IN, _BETWEEN = timedelta(days=30), timedelta(weeks=2)
_CREATED = 201
_SAVED = "SELECT count(*) FROM dispatch WHERE unit_id = %s AND created_at >= %s"
_REGISTERED = "SELECT count(*) FROM deployment WHERE created >= %s"


class NotAccepted(NotAsPromised):
    """The installation did not take the dispatch, or never registered it with Prefect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Seconds from the request: until the answer, the saved dispatch, and its last occasion."""

    answered_s: float
    saved_s: float
    registered_s: float


class Submitter:
    """A unit's own system, with a token."""

    def __init__(self, installed: Installation) -> None:
        wired = installed.services
        self._installed = installed
        self._url = f"{installed.stack.web_url}/api/paketutskick"
        name, now = f"benchmark {uuid4()}", wired.clock.now()
        maker, manager = Actor("benchmark", UNIT), Actor("benchmark's manager", UNIT)
        token = wired.administer_units.make_token(UNIT, name, actor=maker, now=now)
        listed = wired.manage_tokens.list_tokens(actor=manager)
        (made,) = (each for each in listed if each.name == name)
        wired.manage_tokens.confirm_token(made.id, actor=manager, now=now)
        self._headers = {"Authorization": f"Bearer {token}"}

    def submit(self, numbers: Sequence[str], *, occasions: int) -> Submitted:
        """Hand one in, the same list as often as one likes. Raises `NotAccepted`."""
        now = self._installed.services.clock.now()
        # Our own tables hold UTC without a zone.
        ours = now.replace(tzinfo=None)
        saved = _Watch(self._installed.database, _SAVED, (UNIT, ours), wanted=1)
        registered = _Watch(self._installed.prefects, _REGISTERED, (now,), wanted=occasions)
        with saved, registered:
            began = time.perf_counter()
            answer = httpx.post(
                self._url,
                json=self._spec(numbers, occasions, now),
                headers=self._headers | {"Idempotency-Key": str(uuid4())},
                timeout=_GIVEN_UP_AFTER_S,
            )
            answered = time.perf_counter()
            if answer.status_code != _CREATED:
                raise NotAccepted(f"the answer was {answer.status_code}")
            return Submitted(
                answered_s=round(answered - began, 3),
                saved_s=round(saved.seen() - began, 3),
                registered_s=round(registered.seen() - began, 3),
            )

    def _spec(self, numbers: Sequence[str], occasions: int, now: datetime) -> dict[str, object]:
        first = now.astimezone(STOCKHOLM) + _FIRST_IN
        days = [first + _BETWEEN * number for number in range(occasions)]
        return {
            "unit": UNIT,
            "package": PACKAGE,
            "recipients": list(numbers),
            "occasions": [{"date": f"{day:%Y-%m-%d}", "time": "10:17"} for day in days],
        }


def medians(submitted: Sequence[Submitted]) -> Submitted:
    """The middle of each figure."""
    return Submitted(
        answered_s=round(median(each.answered_s for each in submitted), 3),
        saved_s=round(median(each.saved_s for each in submitted), 3),
        registered_s=round(median(each.registered_s for each in submitted), 3),
    )


class _Watch:
    """Counts in a database again and again, until there are as many rows as are `wanted`."""

    def __init__(self, url: str, query: str, values: tuple[object, ...], *, wanted: int) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self._count: Callable[[], int] = lambda: self._first(query, values)
        self._wanted = wanted
        self._seen_at: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def seen(self) -> float:
        """When they were there. Raises `NotAccepted` if they do not come."""
        self._thread.join(_GIVEN_UP_AFTER_S)
        if self._seen_at is None:
            raise NotAccepted("it was answered, and did not come into the database")
        return self._seen_at

    def _look(self) -> None:
        while not self._ended.wait(_LOOKS_EVERY_S):
            if self._count() >= self._wanted:
                self._seen_at = time.perf_counter()
                return

    def _first(self, query: str, values: tuple[object, ...]) -> int:
        row = self._connection.execute(query.encode(), values).fetchone()
        assert row is not None
        return int(row[0])
