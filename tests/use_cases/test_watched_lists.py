"""Lists that staff gather are in memory while they are signed in, and no longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF
from tests.people import ANNA
from utskick.use_cases.watched_lists import WatchedLists, WatchedPerson

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
PERSONS = (WatchedPerson(ANNA),)


@pytest.fixture
def lists() -> WatchedLists:
    return WatchedLists(kept_for=timedelta(hours=1))


def test_whoever_gathers_a_list_finds_it_and_nobody_else_does(lists: WatchedLists) -> None:
    name = lists.keep(STAFF, PERSONS, now=NOW)

    assert lists.find(name, actor=STAFF, now=NOW) == PERSONS
    assert not lists.find(name, actor=OTHER_STAFF, now=NOW)
    assert not lists.find(name, actor=replace(STAFF, unit_id=OTHER_UNIT.id), now=NOW)


@pytest.mark.parametrize(("minutes", "there"), [(59, True), (60, False)])
def test_it_ends_with_its_time(lists: WatchedLists, minutes: int, there: bool) -> None:
    name = lists.keep(STAFF, PERSONS, now=NOW)

    lists.end_old(now=NOW + timedelta(minutes=minutes))

    assert bool(lists.find(name, actor=STAFF, now=NOW)) is there


def test_of_each_only_the_latest_are_kept(lists: WatchedLists) -> None:
    others = lists.keep(OTHER_STAFF, PERSONS, now=NOW)
    names = [lists.keep(STAFF, PERSONS, now=NOW) for _ in range(11)]

    found = [bool(lists.find(name, actor=STAFF, now=NOW)) for name in names]

    assert found == [False] + [True] * 10
    assert lists.find(others, actor=OTHER_STAFF, now=NOW) == PERSONS


def test_those_of_one_who_signs_out_are_forgotten_at_every_unit(lists: WatchedLists) -> None:
    elsewhere = replace(STAFF, unit_id=OTHER_UNIT.id)
    names = {lists.keep(actor, PERSONS, now=NOW): actor for actor in (STAFF, elsewhere)}
    others = lists.keep(OTHER_STAFF, PERSONS, now=NOW)

    lists.forget(STAFF.name)

    assert not any(lists.find(name, actor=actor, now=NOW) for name, actor in names.items())
    assert lists.find(others, actor=OTHER_STAFF, now=NOW) == PERSONS
