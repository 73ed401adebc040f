"""Names are sealed, are of recipients alone, and go when a person is protected or forgotten."""

from collections.abc import Mapping

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine

from tests.clinic import STAFF
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, Ledger, change, fill_register, kept, raw, under_way
from tests.store.test_people import dump
from tests.vault import a_vault
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Activity
from utskick.records import FollowUpQuery, LogEntry
from utskick.store import SqlStore

NAMES = {ANNA: "Anna Maria Berg", BO: "Bo Ödlund"}


def learn(
    store: SqlStore, names: Mapping[Personnummer, str], *, protected: tuple[Personnummer, ...] = ()
) -> None:
    with store.transaction() as records:
        records.names.learn(names, protected=protected)


def shown(ledger: Ledger) -> list[str]:
    """The names on its list."""
    with ledger.store.transaction() as records:
        return [each.name for each in records.dispatches.recipients(ledger.dispatch.id)]


def test_recipients_have_the_names_that_were_learnt_last(store: SqlStore) -> None:
    ledger = kept(store)
    learn(store, NAMES)

    learn(store, {BO: "Bo Ek"})

    assert shown(ledger) == ["Anna Maria Berg", "Bo Ek"]


def test_whoever_was_kept_before_there_were_names_has_none(store: SqlStore) -> None:
    assert shown(kept(store)) == ["", ""]


def test_nothing_said_takes_no_name_away(store: SqlStore) -> None:
    ledger = kept(store)
    learn(store, NAMES)

    learn(store, {ANNA: ""})

    assert shown(ledger) == [*NAMES.values()]


def test_a_protected_persons_name_is_forgotten_at_once(store: SqlStore, engine: Engine) -> None:
    ledger = kept(store)
    learn(store, NAMES)

    learn(store, {}, protected=(ANNA, CILLA))

    assert shown(ledger) == ["", "Bo Ödlund"]
    with raw(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person_name").scalar() == 1


def test_whoever_is_known_by_the_log_alone_gets_no_name(store: SqlStore, engine: Engine) -> None:
    with store.transaction() as records:
        entry = LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=CILLA)
        records.access_log.write([entry], now=NOW)

    learn(store, {CILLA: "Cilla Dahl"})

    with raw(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person_name").scalar() == 0


def test_no_name_can_be_read_in_the_database(store: SqlStore, engine: Engine) -> None:
    kept(store)
    learn(store, NAMES)

    everything = dump(engine)

    for part in ("Anna", "Maria", "Berg", "Ödlund"):
        assert not any(part.encode(code) in everything for code in ("utf-8", "utf-16-le"))


def test_a_name_belongs_to_its_own_person(store: SqlStore, engine: Engine) -> None:
    ledger = kept(store)
    learn(store, NAMES)
    with raw(engine) as connection:
        rows = connection.exec_driver_sql("SELECT id, ciphertext FROM person_name").all()
        number = connection.exec_driver_sql("SELECT ciphertext FROM person").scalar()
    (one, _), (_, others) = rows
    move = "UPDATE person_name SET ciphertext = :ciphertext WHERE id = :id"

    for foreign in (others, number):
        change(engine, move, ciphertext=foreign, id=one)

        with pytest.raises(InvalidTag):
            shown(ledger)


def test_names_are_opened_after_a_change_of_key(engine: Engine) -> None:
    before = SqlStore(engine, a_vault("1"))
    fill_register(before)
    ledger = kept(before)
    learn(before, NAMES)
    after = SqlStore(engine, a_vault("1", "2"))

    learn(after, {ANNA: "Anna Maria Ek", BO: "Bo Ödlund"})

    with after.transaction() as records:
        listed = records.dispatches.recipients(ledger.dispatch.id)
    assert [each.name for each in listed] == ["Anna Maria Ek", "Bo Ödlund"]


def test_the_name_stands_in_uppfoljning(store: SqlStore) -> None:
    under_way(store).send()
    learn(store, NAMES)

    with store.transaction() as records:
        found = records.follow_up.search(STAFF.unit_id, FollowUpQuery())

    assert {each.personnummer: each.name for each in found} == NAMES


def test_a_name_goes_when_only_the_log_is_left_of_somebody(
    store: SqlStore, engine: Engine
) -> None:
    ledger = kept(store)
    learn(store, NAMES)
    with store.transaction() as records:
        entry = LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=ANNA)
        records.access_log.write([entry], now=NOW)
        records.dispatches.delete(ledger.dispatch.id)

    with store.transaction() as records:
        deleted, _ = records.expired.delete_persons(after=None, limit=10)

    assert deleted == 1
    with raw(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person_name").scalar() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM person").scalar() == 1
