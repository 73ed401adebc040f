"""On PostgreSQL the processes' own account can do all that they do, and no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from tests.clinic import Clinic, a_clinic
from tests.postgresql import PostgresqlServer
from tests.store.ledger import change
from tests.use_cases.clinic_days import pass_hours, run_to_its_end
from tests.vault import a_vault
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.store.key_checks import check_keys

STATEMENTS = Path(__file__).parents[2] / "config/database/least_privilege.sql"


@pytest.fixture
def engine(postgresql: PostgresqlServer) -> Iterator[Engine]:
    """As the processes open it, when the owner has brought the tables up to date."""
    with postgresql.fresh_database() as url:
        owners = open_engine(url)
        with owners.begin() as connection:
            connection.execute(text(STATEMENTS.read_text()))
        owners.dispose()
        engine = open_engine(
            make_url(url).set(username="utskick_process").render_as_string(hide_password=False)
        )
        yield engine
        engine.dispose()


@pytest.fixture
def clinic(engine: Engine) -> Clinic:
    return a_clinic(SqlStore(engine, a_vault()))


async def test_a_dispatch_is_started_sent_and_deleted(engine: Engine, clinic: Clinic) -> None:
    migrate(engine)
    check_keys(engine, a_vault(), now=clinic.clock.now())
    dispatch = (await clinic.send()).dispatch

    closed = await run_to_its_end(clinic, dispatch.occasions[0])
    pass_hours(clinic, 8 * 24)

    assert closed.complete
    assert clinic.clean_up(now=clinic.clock.now()) == 1


@pytest.mark.usefixtures("clinic")
def test_neither_tables_nor_what_is_logged_can_be_changed(engine: Engine) -> None:
    wanted = [
        "UPDATE access_log SET act = 'inget'",
        "UPDATE alembic_version SET version_num = '0001'",
        "DROP TABLE access_log",
        "ALTER TABLE access_log DROP COLUMN act",
        "CREATE TABLE mine (id integer)",
        "CREATE ROLE another",
    ]

    assert [statement for statement in wanted if not is_refused(engine, statement)] == []


def is_refused(engine: Engine, statement: str) -> bool:
    try:
        change(engine, statement)
    except ProgrammingError as error:
        return isinstance(error.orig, InsufficientPrivilege)
    return False
