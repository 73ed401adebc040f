"""Gallra: what names somebody goes when its time has come, and the unit's log says how much."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.access_log import Log, is_whole
from tests.clinic import UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import pass_hours, run_to_its_end
from utskick.domain.retention import Purged
from utskick.failpoints import Step
from utskick.records import Transaction
from utskick.store import SqlStore

DAY_H = 24


def write_heads(clinic: Clinic) -> None:
    clinic.check_access_log.write_heads(now=clinic.clock.now())


async def sent(clinic: Clinic) -> None:
    """Anna and Bo have got four forms each, and the dispatch is listed no more."""
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    write_heads(clinic)
    pass_hours(clinic, 7 * DAY_H)
    clinic.cleaned_up()


def purge(clinic: Clinic) -> Purged:
    return clinic.purge_expired(now=clinic.clock.now())


async def test_nothing_goes_before_its_time(clinic: Clinic) -> None:
    await sent(clinic)
    pass_hours(clinic, 395 * DAY_H)

    assert purge(clinic) == Purged()
    assert len(await clinic.followed_up()) == 8


async def test_forms_go_a_year_after_they_were_to_be_purged(clinic: Clinic, log: Log) -> None:
    await sent(clinic)
    pass_hours(clinic, (365 + 31 + 365 + 2) * DAY_H)

    purged = purge(clinic)

    assert (purged.forms, purged.log_entries, purged.persons) == (8, 0, 0)
    assert await clinic.followed_up() == []
    assert log()[-1] == "Radera: gallrat 8 formulär ur Uppföljning"


async def test_after_five_years_nothing_is_left_of_anybody(clinic: Clinic, log: Log) -> None:
    await sent(clinic)
    logged = len(log())
    pass_hours(clinic, (5 * 366) * DAY_H)

    purged = purge(clinic)

    assert (purged.forms, purged.log_entries, purged.persons) == (8, logged, 2)
    assert log() == [
        "Radera: gallrat 8 formulär ur Uppföljning",
        f"Radera: gallrat {logged} poster ur loggen",
    ]
    assert is_whole(clinic.store, UNIT.id, clinic.log_heads)


async def test_purging_again_deletes_nothing_more(clinic: Clinic) -> None:
    await sent(clinic)
    pass_hours(clinic, (5 * 366) * DAY_H)
    purge(clinic)

    assert purge(clinic) == Purged()


class Ending:
    """A store whose process is killed after so many transactions."""

    def __init__(self, store: SqlStore, *, after: int) -> None:
        self._store = store
        self._left = after

    @contextmanager
    def transaction(self, step: Step | None = None) -> Iterator[Transaction]:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        with self._store.transaction(step) as records:
            yield records


@pytest.mark.parametrize("transactions", [1, 2, 3, 4])
async def test_whatever_was_ended_is_gone_on_with(clinic: Clinic, transactions: int) -> None:
    await sent(clinic)
    pass_hours(clinic, (5 * 366) * DAY_H)
    purging = clinic.purge_expired
    killed = replace(purging, store=Ending(clinic.store, after=transactions))

    with pytest.raises(KeyboardInterrupt):
        killed(now=clinic.clock.now())
    again = purge(clinic)

    assert again.persons == 2
    assert await clinic.followed_up() == []
    assert is_whole(clinic.store, UNIT.id, clinic.log_heads)


async def test_a_dispatch_that_goes_on_keeps_all_that_it_needs(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    pass_hours(clinic, (5 * 366) * DAY_H)

    purge(clinic)

    with clinic.store.transaction() as records:
        recipients = records.dispatches.recipients(dispatch.id)
    assert {each.personnummer for each in recipients} == {ANNA, BO}


async def test_how_long_is_a_setting(clinic: Clinic) -> None:
    kept = replace(clinic.rules.retention, follow_up_days=30)
    clinic.rules = replace(clinic.rules, retention=kept)
    await sent(clinic)
    pass_hours(clinic, (365 + 31 + 30 + 2) * DAY_H)

    assert purge(clinic).forms == 8
