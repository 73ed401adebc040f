"""Random keys that are kept sealed, each for one purpose."""

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.vault import a_vault
from utskick.store.data_keys import DataKeys


def test_a_key_is_made_when_first_asked_for_and_stays(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        first = DataKeys(session, a_vault(), "log").newest()

    with Session(engine) as session:
        assert DataKeys(session, a_vault(), "log").newest() == first

    assert first[0] == 1
    assert len(first[1]) == 32


def test_each_purpose_has_its_own(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        log, other = (DataKeys(session, a_vault(), purpose) for purpose in ("log", "other"))

        assert log.newest()[1] != other.newest()[1]


def test_older_ones_are_kept_beside_the_newest(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        keys = DataKeys(session, a_vault(), "log")
        first = keys.newest()

        keys.add()

        assert keys.all()[1] == first[1]
        assert keys.newest()[0] == 2
        assert keys.newest()[1] != first[1]


def test_none_can_be_read_in_the_database(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        _, key = DataKeys(session, a_vault(), "log").newest()

    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT ciphertext FROM data_key").scalars().all()
    assert not any(key in bytes(ciphertext) for ciphertext in kept)
