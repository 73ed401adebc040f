"""A clinic whose visits have forms sent before them."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.clinic import GAD, PACKAGE, PHQ, STAFF, Clinic
from tests.people import ANNA
from utskick.domain.dispatches import Dispatch, StandingId
from utskick.domain.personnummer import Personnummer
from utskick.domain.visit_messages import VisitMessage, VisitStamp
from utskick.domain.visit_offsets import LateVisits, VisitOffset
from utskick.domain.visits import StandingDispatch, VisitState
from utskick.use_cases.change_visits import VisitResult
from utskick.use_cases.standing_dispatches import StandingSpec

VISITS = replace(
    PACKAGE,
    key="fore-besok",
    name="Före besök",
    template_ids=(PHQ.id, GAD.id),
    visit_offsets=(VisitOffset(14, time(9)), VisitOffset(3, time(9))),
)
ONE_OFFSET = replace(VISITS, key="dagarna-fore", visit_offsets=(VisitOffset(3, time(9)),))
AT_ONCE = replace(ONE_OFFSET, key="genast", late_visits=LateVisits.NOW)

MARCH_1 = date(2027, 3, 1)
"""A Monday four weeks after the clinic's day."""


async def standing(clinic: Clinic, package: Any = ONE_OFFSET) -> StandingDispatch:
    """The package is started for the unit's visits."""
    with clinic.store.transaction() as records:
        records.packages.save(package)
    return await clinic.standing_dispatches.start(
        StandingSpec(unit=STAFF.unit_id, package=package.key), actor=STAFF, now=clinic.clock.now()
    )


def booked(
    reference: str = "b1",
    number: Personnummer | None = ANNA,
    day: date | None = MARCH_1,
    at: time | None = time(10),
    *,
    place: str = "",
    sequence: int | None = None,
    last_updated: datetime | None = None,
) -> VisitMessage:
    return VisitMessage(
        reference=reference,
        personnummer=number,
        day=day,
        at=at,
        place=place,
        stamp=VisitStamp(sequence=sequence, last_updated=last_updated),
    )


def cancelled(reference: str = "b1", *, sequence: int | None = None) -> VisitMessage:
    return VisitMessage(
        reference=reference,
        state=VisitState.CANCELLED,
        stamp=VisitStamp(sequence=sequence),
    )


async def change(
    clinic: Clinic, *messages: VisitMessage, standing_id: StandingId | None = None
) -> list[VisitResult]:
    return await clinic.change_visits(
        messages, standing_id=standing_id, actor=STAFF, now=clinic.clock.now()
    )


def moments(clinic: Clinic) -> list[tuple[str, int]]:
    """Each dispatch of visits there is: when, in local time, and to how many."""
    with clinic.store.transaction() as records:
        return [
            (f"{dispatch.occasions[0].local:%Y-%m-%d %H:%M}", number)
            for each in records.visits.standings(STAFF.unit_id)
            for dispatch, number in records.visit_places.by_moment(each.id)
        ]


def dispatches(clinic: Clinic) -> list[Dispatch]:
    with clinic.store.transaction() as records:
        return [
            dispatch
            for each in records.visits.standings(STAFF.unit_id)
            for dispatch, _ in records.visit_places.by_moment(each.id)
        ]


def seen(result: VisitResult) -> list[str]:
    """How its moments stand, as staff read them."""
    assert result.listed is not None
    return [each.appearance.value for each in result.listed.sends]


def pass_days(clinic: Clinic, days: float) -> None:
    clinic.clock.moment += timedelta(days=days)
