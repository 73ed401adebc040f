"""Ongoing dispatches with everything to come: rows of ours, and deployments of Prefect's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import chain, count, cycle, islice
from uuid import uuid4

from sqlalchemy import Connection, Engine

from benchmarks import rows
from benchmarks.bulk import put
from benchmarks.dispatches import Addressed, MadeUp
from utskick.domain.calendar import LocalMoment
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    PersonId,
    RecipientId,
    RecipientState,
)
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.units import HsaId
from utskick.sending.occasion_plans import plan_of, register_plans
from utskick.store import tables
from utskick.wiring import Services

_AT_ONCE = 25
_OCCASIONS = (1, 1, 1, 2)
_RECIPIENTS = 20
_FORMS = 2
_FIRST_DAY, _DAYS = 3, 300
"""Not so soon that anything is due while it is measured; most further than Prefect looks ahead."""
_WEEKS_BETWEEN = 4
_HOURS = range(8, 18)
_QUARTERS = (0, 15, 30, 45)


@dataclass(slots=True, kw_only=True)
class StandingDispatches:
    """Grows by as many as are asked for, through the product's own scheduler."""

    wired: Services
    engine: Engine
    unit_id: HsaId
    persons: Sequence[PersonId]
    forms: Sequence[FormTemplate]
    _numbers: Iterator[int] = field(default_factory=count)

    def grow(self, more: int, *, on_progress: Callable[[int], None]) -> int:
        """Make so many more; how many occasions they have. `on_progress` gets how many at a time.

        A few at a time, so that the reconcilers find nothing that they would do themselves.
        """
        registered = 0
        left = more
        while left:
            made = [self._made_up() for _ in range(min(left, _AT_ONCE))]
            with self.engine.begin() as connection:
                _put(connection, made)
            registered += self._register(made)
            left -= len(made)
            on_progress(len(made))
        return registered

    def _register(self, made: Sequence[MadeUp]) -> int:
        wired = self.wired
        with wired.store.transaction() as records:
            plans = [
                plan_of(records, each.dispatch, occasion, rules=wired.rules)
                for each in made
                for occasion in each.dispatch.occasions
            ]
        return register_plans(
            plans, store=wired.store, scheduler=wired.scheduler, now=wired.clock.now()
        )

    def _made_up(self) -> MadeUp:
        number, now = next(self._numbers), self.wired.clock.now()
        first = number * _RECIPIENTS % len(self.persons)
        dispatch = _dispatch(number, self.unit_id, self.forms[:_FORMS], self.wired, now)
        return MadeUp(
            dispatch=dispatch,
            recipients=[
                Addressed(
                    id=RecipientId(uuid4()),
                    person_id=person_id,
                    position=position,
                    state=RecipientState.ACTIVE,
                    refused=None,
                )
                for position, person_id in enumerate(
                    islice(cycle(self.persons), first, first + _RECIPIENTS)
                )
            ],
        )


def _dispatch(
    number: int, unit_id: HsaId, forms: Sequence[FormTemplate], wired: Services, now: datetime
) -> Dispatch:
    return Dispatch(
        id=DispatchId(uuid4()),
        kind=DispatchKind.PACKAGE,
        unit_id=unit_id,
        name="Uppföljning efter behandling",
        title="Frågor från din mottagning",
        forms=tuple(DispatchedForm(f.id, f.name, f.resident_name) for f in forms),
        occasions=tuple(_occasions(number, wired, now)),
        error_addresses=(wired.rules.forms_desk,),
        creates_inbox_message=True,
        inbox_message="Hej! {{ enhet }} vill att du svarar på {{ antal_formular }} formulär.",
        form_banner="",
        created_by="benchmark",
        created_at=now,
        answer_by=None,
        purge_after=None,
        package_key="made-up",
        package_version=1,
    )


def _occasions(number: int, wired: Services, now: datetime) -> Iterator[Occasion]:
    zone = wired.rules.zone
    first = now.astimezone(zone).date() + timedelta(days=_FIRST_DAY + number % _DAYS)
    at = time(_HOURS[number % len(_HOURS)], _QUARTERS[number % len(_QUARTERS)])
    for index in range(_OCCASIONS[number % len(_OCCASIONS)]):
        day = first + timedelta(weeks=_WEEKS_BETWEEN * index)
        yield Occasion(
            id=OccasionId(uuid4()),
            number=index + 1,
            local_date=day,
            local_time=at,
            zone=zone,
            sends_at=LocalMoment(day, at).sends_at(zone),
        )


def _put(connection: Connection, made: Sequence[MadeUp]) -> None:
    dispatches = [each.dispatch for each in made]
    flat = chain.from_iterable
    put(connection, tables.DispatchRow, map(rows.dispatch_row, dispatches))
    put(connection, tables.DispatchFormRow, flat(map(rows.form_rows, dispatches)))
    put(connection, tables.OccasionRow, flat(map(rows.occasion_rows, dispatches)))
    put(connection, tables.RecipientRow, flat(map(rows.recipient_rows, made)))
