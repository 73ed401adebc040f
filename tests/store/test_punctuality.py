"""How an occasion kept its time is noted with its end, and outlives it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import Ledger, a_dispatch, an_occasion, ended, kept, under_way
from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Aim, OccasionState, RunToken
from utskick.domain.units import Unit
from utskick.records import PunctualDay
from utskick.store import SqlStore

HOUR = timedelta(hours=1)
LONG_AGO = date(2000, 1, 1)


def due(*, ago: timedelta = timedelta(0), unit: Unit = UNIT) -> Dispatch:
    """Two forms, due by the database's own clock: it says when each was handed over."""
    occasion = an_occasion(sends_at=datetime.now(UTC) - ago)
    return a_dispatch(forms=[PHQ, GAD], unit_id=unit.id, occasions=(occasion,))


def close(
    ledger: Ledger,
    state: OccasionState = OccasionState.DONE,
    *,
    token: RunToken | None = None,
) -> None:
    with ledger.store.transaction() as records:
        assert records.occasions.close(
            ledger.occasion_id, state, token=token, now=datetime.now(UTC)
        )


def days(store: SqlStore, since: date = LONG_AGO) -> Sequence[PunctualDay]:
    with store.transaction() as records:
        return records.punctuality.by_day(since)


def counted(store: SqlStore) -> dict[str, int]:
    """What is not nothing, of the only day that there is."""
    (day,) = days(store)
    names = ("sent", "on_time", "late_by_hand", "refused", "uncertain", "missed", "stopped")
    return {name: getattr(day, name) for name in names if getattr(day, name)}


def test_what_is_handed_over_within_ten_seconds_is_on_time(store: SqlStore) -> None:
    ledger = under_way(store, due())
    ledger.send()

    close(ledger, token=ledger.token)

    assert counted(store) == {"sent": 4, "on_time": 4}
    assert days(store)[0].permille == 1000


@pytest.mark.parametrize(("ago_s", "on_time"), [(8, 4), (11, 0)])
def test_later_than_ten_seconds_is_not(store: SqlStore, ago_s: int, on_time: int) -> None:
    ledger = under_way(store, due(ago=timedelta(seconds=ago_s)))
    ledger.send()

    close(ledger, token=ledger.token)

    (day,) = days(store)
    assert (day.sent, day.on_time) == (4, on_time)


def test_refused_and_uncertain_are_counted_apart(store: SqlStore) -> None:
    ledger = under_way(store, due())
    first, second, third, _ = ledger.claim()
    ledger.record(
        ended(first, DeliveryState.REFUSED, refusal=Refusal.REFUSED_BY_1177),
        ended(second, DeliveryState.UNKNOWN),
        ended(third, DeliveryState.PLANNED),
    )

    close(ledger, OccasionState.MISSED, token=ledger.token)

    assert counted(store) == {"refused": 1, "uncertain": 2, "missed": 1}


@pytest.mark.parametrize("state", [OccasionState.MISSED, OccasionState.BLOCKED])
def test_an_occasion_that_never_began_has_missed_every_form_to_everyone(
    store: SqlStore, state: OccasionState
) -> None:
    ledger = kept(store, due(), numbers=(ANNA, BO, CILLA))
    with store.transaction() as records:
        records.dispatches.remove_recipient(
            ledger.dispatch.id, ledger.recipients[0].id, by="staff", now=datetime.now(UTC)
        )

    close(ledger, state)

    assert counted(store) == {"missed": 4}
    assert days(store)[0].permille is None


def test_what_staff_send_after_its_moment_is_late_by_hand(store: SqlStore) -> None:
    ledger = kept(store, due(ago=2 * HOUR))
    close(ledger, OccasionState.MISSED)
    missed = counted(store)
    with store.transaction() as records:
        records.occasions.plan_by_hand(ledger.occasion_id, Aim.SEND, now=datetime.now(UTC))
    assert ledger.take()
    ledger.plan()
    ledger.send()

    close(ledger, token=ledger.token)

    assert (missed, counted(store)) == ({"missed": 4}, {"sent": 4, "late_by_hand": 4})
    assert days(store)[0].permille == 0


def test_what_a_stop_in_the_middle_has_left_is_stopped_and_not_missed(store: SqlStore) -> None:
    ledger = under_way(store, due())
    ledger.send(limit=1)

    close(ledger, OccasionState.STOPPED, token=ledger.token)

    assert counted(store) == {"sent": 1, "on_time": 1, "stopped": 3}


def test_what_staff_have_ended_stays_stopped_or_missed_as_it_was(store: SqlStore) -> None:
    stopped, missed = (under_way(store, due(unit=unit)) for unit in (UNIT, OTHER_UNIT))
    close(stopped, OccasionState.STOPPED, token=stopped.token)
    close(missed, OccasionState.MISSED, token=missed.token)

    for ledger in (stopped, missed):
        with store.transaction() as records:
            records.deliveries.cancel_rest(ledger.occasion_id)
            records.occasions.plan_by_hand(ledger.occasion_id, Aim.END, now=datetime.now(UTC))
        close(ledger, OccasionState.ENDED)

    assert counted(store) == {"missed": 4, "stopped": 4}


def test_all_but_one_on_time_is_never_a_hundred_per_cent(store: SqlStore) -> None:
    numbers = PunctualDay(
        occasions=1, sent=10_000, on_time=9_999, refused=0, uncertain=0, missed=0
    )

    assert numbers.permille == 999


def test_an_occasion_that_is_planned_again_is_not_counted_meanwhile(store: SqlStore) -> None:
    ledger = under_way(store, due())

    close(ledger, OccasionState.PLANNED, token=ledger.token)

    assert days(store) == []


def test_days_come_newest_first_and_units_the_least_punctual_first(store: SqlStore) -> None:
    for ago, unit in ((0 * HOUR, UNIT), (26 * HOUR, OTHER_UNIT), (50 * HOUR, OTHER_UNIT)):
        ledger = under_way(store, due(ago=ago, unit=unit))
        ledger.send()
        close(ledger, token=ledger.token)

    dates = [day.day for day in days(store)]
    with store.transaction() as records:
        units = records.punctuality.by_unit(LONG_AGO)

    assert dates == sorted(dates, key=str, reverse=True)
    assert [(each.unit_id, each.occasions, each.on_time) for each in units] == [
        (OTHER_UNIT.id, 2, 0),
        (UNIT.id, 1, 4),
    ]
    newest = dates[0]
    assert newest is not None
    assert [day.day for day in days(store, since=newest)] == [newest]


def test_the_statistics_outlive_the_dispatch(store: SqlStore) -> None:
    ledger = under_way(store, due())
    ledger.send()
    close(ledger, token=ledger.token)

    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)

    assert counted(store) == {"sent": 4, "on_time": 4}


def test_the_note_is_undone_with_the_end_that_it_shows(store: SqlStore) -> None:
    ledger = kept(store, due())

    with pytest.raises(RuntimeError), store.transaction() as records:
        records.occasions.close(ledger.occasion_id, OccasionState.MISSED, now=datetime.now(UTC))
        raise RuntimeError

    assert days(store) == []
