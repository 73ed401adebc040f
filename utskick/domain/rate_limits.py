"""How often: one table of limits, counted by address, session, key, person or unit.

Settings choose the numbers (`UTSKICK_LIMITS__…`). They are counted in the memory of the web
process, of which there is one: after a restart everybody begins anew.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Self

from utskick.domain.errors import UtskickError

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 24 * 3600}
_MOST_COUNTED = 100_000


class Limit(StrEnum):
    """What is counted, by the name of its setting."""

    STRANGERS = "strangers"
    SIGN_IN_STARTS = "sign_in_starts"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105  # the name of a limit
    IMPORTS = "imports"
    LOOK_UPS = "look_ups"
    TOKEN_LOOK_UPS = "token_look_ups"  # noqa: S105  # the name of a limit
    TOKEN_PERSON = "token_person"  # noqa: S105  # the name of a limit
    SENDS = "sends"
    UPLOADS = "uploads"
    SMS = "sms"
    SMS_OF_PERSON = "sms_of_person"
    SMS_OF_UNIT = "sms_of_unit"
    NOTICES = "notices"
    CALENDAR = "calendar"


_SENTENCES = {
    Limit.STRANGERS: "Det kom för många anrop från din adress.",
    Limit.SIGN_IN_STARTS: "Det kom för många inloggningar från din adress.",
    Limit.SESSION: "Det kom för många anrop från dig.",
    Limit.TOKEN: "Det kom för många anrop med nyckeln.",
    Limit.IMPORTS: "Du har importerat många listor på kort tid.",
    Limit.LOOK_UPS: "Du har slagit upp många personer på kort tid.",
    Limit.TOKEN_LOOK_UPS: "Nyckeln har slagit upp många personer på kort tid.",
    Limit.TOKEN_PERSON: "Nyckeln har slagit upp samma person många gånger.",
    Limit.SENDS: "Enheten har startat många utskick på kort tid, så det här startades inte.",
    Limit.UPLOADS: "Enheten har laddat upp många utskick på kort tid, så det här sparades inte.",
    Limit.SMS: "Du har skickat många sms på kort tid, så det här skickades inte.",
    Limit.SMS_OF_PERSON: "Du har skickat så många sms som en person får på en dag, så det här"
    " skickades inte.",
    Limit.SMS_OF_UNIT: "Enheten har skickat så många sms som den får på en dag, så det här"
    " skickades inte.",
    Limit.NOTICES: "Det kom för många notiser om besvarade formulär.",
    Limit.CALENDAR: "Kalendern lästes för ofta.",
}


class TooOften(UtskickError):
    """A limit is reached: nothing is done. After `retry_after_s` there is room again."""

    def __init__(self, limit: Limit, *, retry_after_s: float) -> None:
        super().__init__(f"the limit {limit} is reached")
        self.limit = limit
        self.retry_after_s = max(1, ceil(round(retry_after_s, 3)))
        self.staff_message = f"{_SENTENCES[limit]} Försök igen om {_wait(self.retry_after_s)}."

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_s)}


class StillBusy(TooOften):
    """What was asked for before is still being done: nobody has two of them at once."""

    def __init__(self) -> None:
        super().__init__(Limit.IMPORTS, retry_after_s=10)
        self.staff_message = (
            "En stor lista läses fortfarande in, så den här är inte läst. Försök igen om 10"
            " sekunder."
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and as many again in the course of the period."""

    times: int
    period_s: float

    @classmethod
    def read(cls, text: str) -> Self:
        """As settings have it: 30/min."""
        times, _, period = text.partition("/")
        return cls(int(times), _SECONDS[period])

    @property
    def interval_s(self) -> float:
        return self.period_s / self.times


class RateLimits:
    """For each who is counted, when all that was taken until now will be free again (GCRA)."""

    def __init__(self, rates: Mapping[str, str], *, monotonic: Callable[[], float]) -> None:
        self._rates = {Limit(name): Rate.read(text) for name, text in rates.items()}
        self._monotonic = monotonic
        self._free_at: dict[tuple[Limit, str], float] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def take(self, limit: Limit, who: str, *, cost: int = 1) -> None:
        """Count one more, or `cost`; raises `TooOften`, and then nothing is counted.

        What costs more than there ever is takes all of it.
        """
        rate, now = self._rates[limit], self._monotonic()
        with self._lock:
            free_at = max(self._free_at.get((limit, who), now), now)
            free_at += min(cost, rate.times) * rate.interval_s
            wait_s = free_at - now - rate.period_s
            # The last one fits, however floats are rounded.
            if wait_s > rate.interval_s / 1000:
                raise TooOften(limit, retry_after_s=wait_s)
            self._make_room(now)
            self._free_at[limit, who] = free_at

    def give_back(self, limit: Limit, who: str, *, cost: int = 1) -> None:
        """What was taken was not used."""
        rate = self._rates[limit]
        with self._lock:
            if (limit, who) in self._free_at:
                self._free_at[limit, who] -= min(cost, rate.times) * rate.interval_s

    def counts(self, limit: Limit, who: str) -> bool:
        """Whether it has been taken from, not long ago."""
        return (limit, who) in self._free_at

    def forget(self, limit: Limit, who: str) -> None:
        """It counts no more."""
        with self._lock:
            self._free_at.pop((limit, who), None)

    @contextmanager
    def alone(self, who: str) -> Iterator[None]:
        """Nobody does it twice at the same time. Raises `StillBusy`."""
        with self._lock:
            if who in self._busy:
                raise StillBusy
            self._busy.add(who)
        try:
            yield
        finally:
            self._busy.discard(who)

    def _make_room(self, now: float) -> None:
        """Forget who has all again; and if a flood is all there is, its beginning."""
        if len(self._free_at) < _MOST_COUNTED:
            return
        left = {who: free_at for who, free_at in self._free_at.items() if free_at > now}
        first = len(left) // 2 if len(left) >= _MOST_COUNTED else 0
        self._free_at = dict(list(left.items())[first:])


def _wait(seconds: int) -> str:
    for unit, one, many in ((3600, "timme", "timmar"), (60, "minut", "minuter")):
        if seconds > unit:
            count = ceil(seconds / unit)
            return f"{count} {one if count == 1 else many}"
    return f"{seconds} sekund{'er' if seconds > 1 else ''}"
