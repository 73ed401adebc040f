"""The list of what is sealed is whole, or a change of keys would leave something behind."""

from sqlalchemy import LargeBinary

from utskick.store.sealed_tables import SEALED
from utskick.store.tables import Row

LISTED = {table.row.__tablename__: table for table in SEALED}


def test_every_table_with_something_sealed_is_on_the_list() -> None:
    sealed = {
        table.name
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) or column.name in {"key_id", "ciphertext"}
    }

    assert sealed - {"vault_key"} == set(LISTED)


def test_every_keyed_hash_of_something_sealed_is_on_the_list() -> None:
    hashes = {
        (table.name, column.name)
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if "index" in column.name
    }

    assert hashes == {(name, table.index) for name, table in LISTED.items() if table.index}
