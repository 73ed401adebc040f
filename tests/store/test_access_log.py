"""The access log is append-only, and a change in it is found."""

import pytest
from sqlalchemy import Engine

from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import NOW, change
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Activity, Actor, Unit
from utskick.records import LogEntry
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


def test_an_entry_is_undone_with_the_act_that_it_tells_of(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.transaction() as records:
        records.access_log.write([entry("stoppat utskick")], now=NOW)
        raise RuntimeError

    write(store, entry("visat"))
    assert broken_link(store) is None


def test_the_log_tells_persons_by_an_id_only(store: SqlStore, engine: Engine) -> None:
    three_entries(store)

    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM access_log").all()

    assert len(rows) == 3
    assert ANNA.digits not in str(rows)
