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


def start_visits(services: Services, *, forms: int, after_s: Sequence[float]) -> StandingId:
    """What is sent before visits of the day after its moments, which come so soon."""
    began = services.clock.now().astimezone(STOCKHOLM)
    moments = [began + timedelta(seconds=seconds) for seconds in after_s]
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
                visit_offsets=tuple(
                    VisitOffset(1, at.time().replace(microsecond=0)) for at in moments
                ),
                late_visits=LateVisits.NOW,
            )
        )
    spec = StandingSpec(unit=UNIT, package=_KEY)
    starting = services.standing_dispatches.start(spec, actor=STAFF, now=services.clock.now())
    return asyncio.run(starting).id


def book_visits(services: Services, numbers: Sequence[str]) -> None:
    """Each one's visit: booked, moved away, and back. Tried again while a register is silent."""
    (standing,) = standings(services)
    day = day_of(standing)
    for number, digits in enumerate(numbers):
        for sequence, days in enumerate((0, 7, 0)):
            message = VisitMessage(
                reference=f"b{number}",
                personnummer=Personnummer(digits),
                day=day + timedelta(days=days),
                at=time(23, 59),
                stamp=VisitStamp(sequence=sequence),
            )
            hand_in(services, message)


def hand_in(services: Services, message: VisitMessage) -> None:
    for _ in range(_TRIES):
        with suppress(TemporaryFailure):
            changing = services.change_visits([message], actor=STAFF, now=services.clock.now())
            asyncio.run(changing)
            return
    raise TemporaryFailure("the registers never answered")


def standings(services: Services) -> Sequence[StandingDispatch]:
    """The unit's."""
    with services.store.transaction() as records:
        return records.visits.standings(UNIT)


def day_of(standing: StandingDispatch) -> date:
    """The day after its moments that came first after it was started."""
    local = standing.created_at.astimezone(STOCKHOLM)
    tomorrow = standing.offsets[0].time < local.time().replace(microsecond=0)
    return local.date() + timedelta(days=1 + tomorrow)
