"""A unit whose visits have forms sent before them, under attack."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, time, timedelta

from tests.chaos.installation import PACKAGE, STAFF, UNIT
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import StandingId
from utskick.domain.personnummer import Personnummer
from utskick.domain.visit_messages import VisitMessage, VisitStamp
from utskick.domain.visit_offsets import LateVisits, VisitOffset
from utskick.domain.visits import StandingDispatch
from utskick.ports import TemporaryFailure
from utskick.use_cases.standing_dispatches import StandingSpec
from utskick.wiring import Services

_KEY = "fore-besok"
_TRIES = 20


def start_visits(services: Services, *, forms: int, after_s: float) -> StandingId:
    """What is sent before visits of the day after its moment, which comes so soon."""
    sends_at = (services.clock.now() + timedelta(seconds=after_s)).astimezone(STOCKHOLM)
    with services.store.transaction() as records:
        package = records.packages.find(UNIT, PACKAGE)
        assert package is not None
        sendable = [a.form.id for a in records.forms.list_for(UNIT) if a.sendable]
        records.packages.save(
            replace(
                package,
                key=_KEY,
                name="Före besök",
                template_ids=tuple(sendable[:forms]),
                visit_offsets=(VisitOffset(1, sends_at.time().replace(microsecond=0)),),
                late_visits=LateVisits.NOW,
            )
        )
    spec = StandingSpec(unit=UNIT, package=_KEY)
    starting = services.standing_dispatches.start(spec, actor=STAFF, now=services.clock.now())
    return asyncio.run(starting).id


def book_visits(services: Services, numbers: Sequence[str]) -> None:
    """Each one's visit: booked, moved away, and back. Tried again while a register is silent."""
    (standing,) = _standings(services)
    day = _day_of(standing)
    for number, digits in enumerate(numbers):
        for sequence, days in enumerate((0, 7, 0)):
            message = VisitMessage(
                reference=f"b{number}",
                personnummer=Personnummer(digits),
                day=day + timedelta(days=days),
                at=time(23, 59),
                stamp=VisitStamp(sequence=sequence),
            )
            _hand_in(services, message)


def _hand_in(services: Services, message: VisitMessage) -> None:
    for _ in range(_TRIES):
        with suppress(TemporaryFailure):
            changing = services.change_visits([message], actor=STAFF, now=services.clock.now())
            asyncio.run(changing)
            return
    raise TemporaryFailure("the registers never answered")


def _standings(services: Services) -> Sequence[StandingDispatch]:
    with services.store.transaction() as records:
        return records.visits.standings(UNIT)


def _day_of(standing: StandingDispatch) -> date:
    """The day after its moment that came first after it was started."""
    local = standing.created_at.astimezone(STOCKHOLM)
    (offset,) = standing.offsets
    tomorrow = offset.time < local.time()
    return local.date() + timedelta(days=1 + tomorrow)
