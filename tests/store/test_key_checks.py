"""A process with other keys than the database's does not start."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, delete

from tests.people import ANNA
from tests.store.ledger import NOW, fill_register, kept
from tests.vault import a_key, a_vault
from utskick.store import SqlStore
from utskick.store.key_checks import check_keys
from utskick.store.keys import Key, KeyRing, KeysRefused
from utskick.store.tables import VaultKeyRow
from utskick.store.vault import Vault


def faults(engine: Engine, vault: Vault) -> Sequence[str]:
    with pytest.raises(KeysRefused) as caught:
        check_keys(engine, vault, now=NOW)
    return caught.value.faults


def with_key(sealing: bytes, finding: bytes) -> Vault:
    return Vault(KeyRing({"1": Key(sealing, finding)}, "1"))


def sealed_before_keys_were_noted(engine: Engine) -> None:
    store = SqlStore(engine, a_vault("1"))
    fill_register(store)
    kept(store, numbers=(ANNA,))
    with engine.begin() as connection:
        connection.execute(delete(VaultKeyRow))


def test_the_same_keys_start_again(engine: Engine) -> None:
    check_keys(engine, a_vault("1"), now=NOW)

    check_keys(engine, a_vault("1"), now=NOW)


def test_another_key_is_named_on_an_empty_database_too(engine: Engine) -> None:
    check_keys(engine, a_vault("1"), now=NOW)
    known, other = a_key("1"), a_key("other")

    [sealing] = faults(engine, with_key(other.sealing, known.finding))
    [finding] = faults(engine, with_key(known.sealing, other.finding))
    both = faults(engine, with_key(other.sealing, other.finding))

    assert sealing.startswith("key 1 is another than this database was sealed with: put back")
    assert finding.startswith("index key of 1 is another than this database was sealed with")
    assert both == (sealing, finding)


def test_another_key_is_named_where_rows_are_all_that_is_known(engine: Engine) -> None:
    sealed_before_keys_were_noted(engine)
    known, other = a_key("1"), a_key("other")

    assert "key 1 is another" in faults(engine, with_key(other.sealing, known.finding))[0]
    assert "index key of 1" in faults(engine, with_key(known.sealing, other.finding))[0]
    check_keys(engine, a_vault("1"), now=NOW)


def test_a_key_that_something_is_sealed_with_may_not_be_missing(engine: Engine) -> None:
    sealed_before_keys_were_noted(engine)

    [before] = faults(engine, a_vault("2"))
    check_keys(engine, a_vault("1"), now=NOW)
    [after] = faults(engine, a_vault("2"))

    assert before == after
    assert before.startswith("key 1, which this database is sealed with, is missing: put back")


def test_the_current_key_may_not_be_missing_though_nothing_is_sealed(engine: Engine) -> None:
    check_keys(engine, a_vault("1"), now=NOW)

    assert faults(engine, a_vault("2"))[0].startswith("key 1, which this database")


def test_a_key_that_was_only_prepared_may_go(engine: Engine) -> None:
    check_keys(engine, a_vault("1"), now=NOW)
    check_keys(engine, a_vault("2", "1"), now=NOW)

    check_keys(engine, a_vault("1"), now=NOW)


def test_a_second_key_does_not_become_current_by_being_there(engine: Engine) -> None:
    check_keys(engine, a_vault("1"), now=NOW)

    check_keys(engine, a_vault("1", "2"), now=NOW)

    with engine.connect() as connection:
        known = connection.exec_driver_sql(
            "SELECT key_id, current FROM vault_key ORDER BY key_id"
        ).all()
    assert [(key_id, bool(current)) for key_id, current in known] == [("1", True)]
