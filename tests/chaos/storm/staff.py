"""Staff during a storm: they start dispatches, stop some, remove recipients, and try again."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from uuid import UUID, uuid4

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.installation import Installation, close, some_persons, start
from tests.chaos.ledger import Row, rows_of
from tests.chaos.storm.booking_system import BookingSystem
from tests.chaos.worker import Deed, carry_out
from tests.whole.sinks import spellings
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import UtskickError
from utskick.ports import TemporaryFailure
from utskick.use_cases.compare_ledger import Compared

RECIPIENTS, FORMS, OCCASIONS = 30, 3, 2
_PATIENTS, _FIRST_PATIENT = 400, 6000
_AT_ONCE = 14
_STOPPED, _REMOVED_FROM = 0.25, 0.4
_VISITS = 0.5
_MISTYPED = 0.2

Later = tuple[float, Callable[[], None]]


class Staff:
    """`stopped`: each delivery of which nothing more may be sent, as it was at that moment."""

    def __init__(self, installation: Installation, engine: Engine, chance: Random) -> None:
        self.patients = some_persons(_PATIENTS, after=_FIRST_PATIENT)
        self.dispatches = self.stops = self.removals = 0
        self.stopped: dict[UUID, Row] = {}
        self._installation = installation
        self._services = installation.services()
        self._engine = engine
        self._chance = chance
        self._later: list[Later] = []
        self.booking_system = BookingSystem(self._services, self.numbers, chance)
        self._begun: tuple[str, list[str], float] | None = None

    @property
    def numbers(self) -> list[str]:
        return [str(person["personnummer"]) for person in self.patients]

    @property
    def deliveries(self) -> int:
        """As many as will have been planned, but for those of whom was removed."""
        return self.dispatches * RECIPIENTS * FORMS * OCCASIONS

    def work(self, *, wanted: int) -> None:
        """One thing at most, so that the storm goes on; what fails is tried again next time."""
        with suppress(DBAPIError, TemporaryFailure):
            if self._later and self._later[0][0] <= time.monotonic():
                self._later[0][1]()
                self._later.pop(0)
            elif self._chance.random() < _VISITS:
                self.booking_system.speak()
            elif self.deliveries < wanted and self.ongoing_packages() < _AT_ONCE:
                self._start()

    def finish(self) -> None:
        """Do what is left to be done."""
        while self._later:
            with suppress(DBAPIError, TemporaryFailure):
                self._later[0][1]()
                self._later.pop(0)
        while self.booking_system.has_booked:
            with suppress(DBAPIError, TemporaryFailure):
                self.booking_system.finish()

    def ongoing(self) -> int:
        with self._engine.connect() as connection:
            found = connection.scalar(
                text("SELECT count(*) FROM dispatch WHERE status = 'ongoing'")
            )
        return found or 0

    def ongoing_packages(self) -> int:
        """Without those before visits, of which each minute is one."""
        packages = text("SELECT count(*) FROM dispatch WHERE status = 'ongoing' AND kind = :kind")
        with self._engine.connect() as connection:
            return connection.scalar(packages, {"kind": "package"}) or 0

    def sent(self) -> int:
        """How many forms the ledger knows of; 0 while the database is away."""
        with suppress(DBAPIError), self._engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM delivery WHERE state = 'sent'"))
            return found or 0
        return 0

    def unsettled(self) -> int:
        with self._engine.connect() as connection:
            found = connection.scalar(
                text("SELECT count(*) FROM delivery WHERE state IN ('sending', 'unknown')")
            )
        return found or 0

    def unfinished(self) -> str:
        """Each occasion that has not ended, and the states of its deliveries."""
        with self._engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT o.id, o.state, d.status, l.state, count(l.id)"
                    " FROM occasion o JOIN dispatch d ON d.id = o.dispatch_id"
                    " LEFT JOIN delivery l ON l.occasion_id = o.id"
                    " WHERE d.status = 'ongoing' OR l.state IN ('sending', 'unknown')"
                    " GROUP BY o.id, o.state, d.status, l.state"
                )
            )
        return "\n".join(" ".join(map(str, row)) for row in found)

    def compare(self) -> Compared:
        """As every night."""
        services = self._installation.unhurried.services()
        try:
            return asyncio.run(services.compare_ledger(now=services.clock.now()))
        finally:
            close(services)

    def leave(self) -> None:
        close(self._services)

    def _start(self) -> None:
        if self._begun is None:
            chosen = self._chance.sample(self.numbers, RECIPIENTS)
            self._begun = str(uuid4()), chosen, self._chance.uniform(4, 8)
            if self._chance.random() < _MISTYPED:
                self._mistype(chosen)
        key, numbers, second_after_s = self._begun
        dispatch = self._submit(numbers, [2, second_after_s], key)
        self._begun = None
        self.dispatches += 1
        self._plan(dispatch, numbers)

    def _mistype(self, numbers: list[str]) -> None:
        """In each of the ways that people do. Nothing of it may be seen anywhere."""
        with suppress(UtskickError):
            ways = [way for number in numbers for way in spellings(number)]
            self._submit(self._chance.sample(ways, RECIPIENTS), [2], str(uuid4()))

    def _submit(self, numbers: list[str], after_s: list[float], key: str) -> Dispatch:
        work = start(self._services, numbers, forms=FORMS, occasions_after_s=after_s, key=key)
        return asyncio.run(work)

    def _plan(self, dispatch: Dispatch, numbers: list[str]) -> None:
        drawn = self._chance.random()
        at = time.monotonic() + self._chance.uniform(1, 20)
        if drawn < _STOPPED:
            self._later.append((at, lambda: self._stop(dispatch)))
        elif drawn < _STOPPED + _REMOVED_FROM:
            self._later.append((at, lambda: self._remove(dispatch, numbers[0])))
        self._later.sort(key=lambda later: later[0])

    def _stop(self, dispatch: Dispatch) -> None:
        with suppress(UtskickError):
            carry_out(Deed(what="stop", dispatch_id=dispatch.id), self._services)
        self._note(dispatch, lambda row: row.status == "stopped")
        self.stops += 1

    def _remove(self, dispatch: Dispatch, number: str) -> None:
        deed = Deed(what="remove", numbers=(number,), dispatch_id=dispatch.id)
        with suppress(UtskickError):
            carry_out(deed, self._services)
        self._note(dispatch, lambda row: row.recipient == "removed")
        self.removals += 1

    def _note(self, dispatch: Dispatch, concerns: Callable[[Row], bool]) -> None:
        """How everything stood."""
        off = {
            row.id: row
            for row in rows_of(self._engine)
            if row.dispatch_id == dispatch.id and concerns(row)
        }
        self.stopped = off | self.stopped
