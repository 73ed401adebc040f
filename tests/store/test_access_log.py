"""The access log is append-only, and a change in it is found; it is read newest first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, change
from utskick.domain.personnummer import Personnummer
from utskick.domain.staff import StaffSession
from utskick.domain.units import Activity, Actor, HsaId, Unit
from utskick.records import LogEntry, LoggedEntry, LogQuery
from utskick.store import SqlStore


def entry(act: str, *, actor: Actor = STAFF, about: Personnummer | None = ANNA) -> LogEntry:
    return LogEntry(actor=actor, activity=Activity.READ, act=act, personnummer=about)


def write(store: SqlStore, *entries: LogEntry) -> None:
    with store.transaction() as records:
        records.access_log.write(entries, now=NOW)


def broken_link(store: SqlStore, unit: Unit = UNIT) -> int | None:
    with store.transaction() as records:
        return records.access_log.broken_link(unit.id)


def three_entries(store: SqlStore) -> None:
    write(store, entry("visat mottagarlista"), entry("visat mottagarlista", about=BO))
    write(store, entry("stoppat utskick", about=None))


def test_an_untouched_log_is_whole(store: SqlStore) -> None:
    three_entries(store)

    assert broken_link(store) is None


def test_an_empty_log_is_whole(store: SqlStore) -> None:
    write(store)

    assert broken_link(store) is None


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE access_log SET act = 'annat' WHERE number = 2",
        "UPDATE access_log SET actor = 'annan' WHERE number = 2",
        "UPDATE access_log SET activity = 'Radera' WHERE number = 2",
        "UPDATE access_log SET at = '2026-01-01 00:00:00' WHERE number = 2",
        "UPDATE access_log SET person_id = NULL WHERE number = 2",
        "UPDATE access_log SET hash = '0' WHERE number = 2",
    ],
)
def test_a_changed_entry_is_found(store: SqlStore, engine: Engine, forgery: str) -> None:
    three_entries(store)

    change(engine, forgery)

    assert broken_link(store) == 2


@pytest.mark.parametrize("number", [1, 2])
def test_a_removed_entry_is_found(store: SqlStore, engine: Engine, number: int) -> None:
    three_entries(store)

    change(engine, "DELETE FROM access_log WHERE number = :number", number=number)

    assert broken_link(store) == number


def test_each_unit_has_a_chain_of_its_own(store: SqlStore, engine: Engine) -> None:
    write(store, entry("visat"), entry("visat", actor=OTHER_STAFF), entry("visat", about=BO))

    change(engine, "UPDATE access_log SET act = 'annat' WHERE unit_id = :unit", unit=UNIT.id)

    assert broken_link(store) == 1
    assert broken_link(store, OTHER_UNIT) is None


def test_an_entry_is_undone_with_the_act_that_it_shows(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.transaction() as records:
        records.access_log.write([entry("stoppat utskick")], now=NOW)
        raise RuntimeError

    write(store, entry("visat"))
    assert broken_link(store) is None


def test_the_log_names_persons_by_an_id_only(store: SqlStore, engine: Engine) -> None:
    three_entries(store)

    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM access_log").all()

    assert len(rows) == 3
    assert ANNA.digits not in str(rows)


# Reading it


NEXT_DAY = NOW + timedelta(days=1)


def read(store: SqlStore, unit: Unit = UNIT, **query: Any) -> list[LoggedEntry]:
    with store.transaction() as records:
        return list(records.access_log.read(unit.id, LogQuery(**query)))


def found_by(store: SqlStore, **query: Any) -> list[int]:
    return [entry.number for entry in read(store, **query)]


@pytest.fixture
def busy(store: SqlStore) -> SqlStore:
    """1 about Anna, 2 about Bo; the day after, 3 by the program and 4 by Åsa, about nobody."""
    write_at(store, NOW, entry("visat mottagarlista"), entry("visat mottagarlista", about=BO))
    removed = LogEntry(actor=Actor("utskick", UNIT.id), activity=Activity.DELETE, act="raderat")
    asa = entry("visat loggen", actor=Actor("SE2321000131-P000000000009", UNIT.id), about=None)
    write_at(store, NEXT_DAY, removed, asa, entry("visat", actor=OTHER_STAFF))
    with store.transaction() as records:
        for staff_id, name in ((STAFF.name, "Karin Exempel"), (asa.actor.name, "Åsa Östlund")):
            who = StaffSession(
                staff_id=staff_id, name=name, commissions=(), roles=frozenset(), unit_id=None
            )
            records.sessions.open(who, now=NOW)
    return store


def write_at(store: SqlStore, now: datetime, *entries: LogEntry) -> None:
    with store.transaction() as records:
        records.access_log.write(entries, now=now)


def test_an_entry_comes_back_with_the_name_of_whoever_did_it(busy: SqlStore) -> None:
    first = read(busy)[-1]

    assert first == LoggedEntry(
        number=1,
        at=NOW,
        actor=STAFF.name,
        actor_name="Karin Exempel",
        activity=Activity.READ,
        act="visat mottagarlista",
        personnummer=ANNA,
        dispatch_id=None,
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"limit": 2}, [4, 3]),
        ({"limit": 2, "before": 3}, [2, 1]),
        ({"staff": "utskick"}, [3]),
        ({"staff": "östlund"}, [4]),
        ({"staff": STAFF.name.lower()}, [2, 1]),
        ({"staff": "nobody"}, []),
        ({"personnummer": BO}, [2]),
        ({"personnummer": CILLA}, []),
        ({"activity": Activity.DELETE}, [3]),
        ({"from_day": date(2027, 2, 2)}, [4, 3]),
        ({"to_day": date(2027, 2, 1)}, [2, 1]),
        ({"from_day": date(2027, 2, 1), "to_day": date(2027, 2, 1), "staff": "karin"}, [2, 1]),
    ],
)
def test_each_filter_finds_its_own(
    busy: SqlStore, query: dict[str, Any], found: list[int]
) -> None:
    assert found_by(busy, **query) == found


def test_a_day_begins_and_ends_at_midnight_in_sweden(store: SqlStore) -> None:
    midnight = datetime(2027, 2, 1, 23, tzinfo=UTC)
    write_at(store, midnight - timedelta(seconds=1), entry("kvällen"))
    write_at(store, midnight, entry("natten"))

    assert found_by(store, to_day=date(2027, 2, 1)) == [1]
    assert found_by(store, from_day=date(2027, 2, 2)) == [2]


def test_what_is_another_units_is_not_read(busy: SqlStore) -> None:
    (theirs,) = read(busy, OTHER_UNIT)

    assert theirs.actor == OTHER_STAFF.name
    assert found_by(busy, staff=OTHER_STAFF.name) == []


def test_the_administration_writes_without_being_a_unit(store: SqlStore) -> None:
    administration = HsaId("SE2321000131-E000000000001")
    write(store, entry("ändrat enhet", actor=Actor("somebody", administration), about=None))

    with store.transaction() as records:
        assert records.access_log.broken_link(administration) is None
        assert len(records.access_log.read(administration, LogQuery())) == 1
