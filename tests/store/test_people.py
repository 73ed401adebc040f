"""Personnummer are encrypted at rest, bound to their row, and found by a keyed hash."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import NOW, change, fill_register, kept, under_way
from tests.vault import a_key, a_vault
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Activity
from utskick.records import FollowUpQuery, LogEntry
from utskick.store import SqlStore
from utskick.store.keys import KeyRing
from utskick.store.tables import Row
from utskick.store.vault import Vault


def spellings(number: Personnummer) -> list[bytes]:
    """Every way in which the number could have slipped into a file."""
    digits = number.digits
    texts = [digits, digits[2:], number.formatted, number.formatted[2:]]
    encoded = [text.encode(code) for text in texts for code in ("ascii", "utf-16-le")]
    return [*encoded, digits.encode().hex().encode(), int(digits).to_bytes(8, "big")]


def a_life(store: SqlStore) -> None:
    """Anna and Bo in every table that may hold something of them."""
    ledger = under_way(store)
    ledger.send()
    with store.transaction() as records:
        records.uploads.add(UNIT.id, ANNA.digits.encode(), by=STAFF.name, now=NOW)
        entry = LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=BO)
        records.access_log.write([entry], now=NOW)


def dump(engine: Engine) -> bytes:
    """Every value of every table."""
    with engine.connect() as connection:
        values = [
            value
            for table in Row.metadata.sorted_tables
            for row in connection.execute(table.select())
            for value in row
        ]
    return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def test_no_personnummer_can_be_read_in_the_database(store: SqlStore, engine: Engine) -> None:
    a_life(store)

    everything = dump(engine)

    assert UNIT.name.encode() in everything
    for number in (ANNA, BO):
        assert not any(spelling in everything for spelling in spellings(number))


def test_no_personnummer_can_be_read_in_the_files(
    sqlite_engine: Engine, vault: Vault, tmp_path: Path
) -> None:
    store = SqlStore(sqlite_engine, vault)
    fill_register(store)
    a_life(store)

    everything = b"".join(path.read_bytes() for path in tmp_path.glob("utskick.db*"))

    assert UNIT.name.encode() in everything
    for number in (ANNA, BO):
        assert not any(spelling in everything for spelling in spellings(number))


def test_one_person_has_one_row_whatever_dispatches_hold_them(
    store: SqlStore, engine: Engine
) -> None:
    kept(store)
    kept(store)

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM person").scalar() == 2


def test_ciphertexts_that_change_places_open_nothing(store: SqlStore, engine: Engine) -> None:
    ledger = kept(store)
    with engine.begin() as connection:
        (one, his), (other, hers) = connection.exec_driver_sql(
            "SELECT id, ciphertext FROM person"
        ).all()
    move = "UPDATE person SET ciphertext = :ciphertext WHERE id = :id"
    change(engine, move, ciphertext=his, id=other)
    change(engine, move, ciphertext=hers, id=one)

    with pytest.raises(InvalidTag), store.transaction() as records:
        records.dispatches.recipients(ledger.dispatch.id)


def test_after_a_change_of_key_old_rows_are_opened_and_found(engine: Engine) -> None:
    before = SqlStore(engine, a_vault("1"))
    fill_register(before)
    old = kept(before, numbers=(ANNA,))
    after = SqlStore(engine, a_vault("1", "2"))

    new = under_way(after, numbers=(ANNA, BO))
    new.send()

    with after.transaction() as records:
        (anna,) = records.dispatches.recipients(old.dispatch.id)
        found = records.follow_up.search(UNIT.id, FollowUpQuery(personnummer=ANNA))
    with engine.connect() as connection:
        keys = connection.exec_driver_sql("SELECT key_id FROM person ORDER BY key_id").scalars()
        assert list(keys) == ["1", "2"]
    assert anna.personnummer == ANNA
    assert [one.personnummer for one in found] == [ANNA]


def test_without_its_key_a_row_stays_closed(engine: Engine) -> None:
    before = SqlStore(engine, a_vault("1"))
    fill_register(before)
    ledger = kept(before)
    thief = SqlStore(engine, Vault(KeyRing({"1": a_key("another")}, "1")))

    with pytest.raises(InvalidTag), thief.transaction() as records:
        records.dispatches.recipients(ledger.dispatch.id)


def test_nobody_is_found_who_is_not_there(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.follow_up.search(OTHER_UNIT.id, FollowUpQuery(personnummer=ANNA)) == []
