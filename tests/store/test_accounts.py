"""Processes have an account that reads and writes rows; who owns the tables is another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from tests.clinic import a_clinic
from tests.postgresql import EMPTY, PostgresqlServer
from tests.use_cases.clinic_days import pass_hours, run_to_its_end
from tests.vault import a_vault
from utskick.domain.starting import RefusedToStart
from utskick.store import SqlStore
from utskick.store.accounts import migrate_as_owner, require_few_rights
from utskick.store.engine import migrate, open_engine, require_migrated

ACCOUNT = 'Utskick "i drift"'


@dataclass(frozen=True)
class Accounts:
    """The URLs of both, on a database without tables."""

    owner_url: str
    url: str


@pytest.fixture
def accounts(postgresql: PostgresqlServer) -> Iterator[Accounts]:
    quoted = '"' + ACCOUNT.replace('"', '""') + '"'
    with postgresql.fresh_database(template=EMPTY) as owner_url:
        owner = open_engine(owner_url)
        with owner.begin() as connection:
            connection.execute(text(f"CREATE ROLE {quoted} LOGIN"))
        url = owner.url.set(username=ACCOUNT).render_as_string(hide_password=False)
        yield Accounts(owner_url, url)
        with owner.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {quoted}"))
            connection.execute(text(f"DROP ROLE {quoted}"))
        owner.dispose()


@pytest.fixture
def engine(accounts: Accounts) -> Iterator[Engine]:
    """Of the account that processes have, when the tables are there."""
    migrate_as_owner(accounts.url, owner_url=accounts.owner_url)
    opened = open_engine(accounts.url)
    yield opened
    opened.dispose()


async def test_everything_is_done_without_a_right_to_change_tables(engine: Engine) -> None:
    require_migrated(engine)
    require_few_rights(engine)
    clinic = a_clinic(SqlStore(engine, a_vault()))

    started = await clinic.send()
    closed = await run_to_its_end(clinic, started.dispatch.occasions[0])
    pass_hours(clinic, 8 * 24)

    assert closed.complete
    assert clinic.clean_up(now=clinic.clock.now()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE dispatch ADD COLUMN mine int",
        "DROP TABLE access_log",
        "UPDATE access_log SET act = 'något annat'",
        "TRUNCATE access_log",
        "DELETE FROM log_before_keys",
        "INSERT INTO log_before_keys VALUES ('unit', 9, '', 1, '')",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE ROLE another",
    ],
)
def test_what_no_process_needs_is_refused(engine: Engine, statement: str) -> None:
    denied = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with denied, engine.begin() as connection:
        connection.execute(text(statement))


def test_production_does_not_start_with_the_owner(accounts: Accounts, engine: Engine) -> None:
    owner = open_engine(accounts.owner_url)

    with pytest.raises(RefusedToStart, match="may change tables: give it another account"):
        require_few_rights(owner)
    owner.dispose()


def test_who_may_write_to_the_file_is_all_that_sqlite_asks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/utskick.db"

    migrate_as_owner(url)

    opened = open_engine(url)
    require_migrated(opened)
    require_few_rights(opened)
    opened.dispose()


@pytest.mark.parametrize(("revision", "theirs"), [("", "none"), ("0008", "0008")])
def test_a_process_waits_for_its_tables_and_makes_none(
    tmp_path: Path, revision: str, theirs: str
) -> None:
    opened = open_engine(f"sqlite:///{tmp_path}/utskick.db")
    if revision:
        migrate(opened, revision=revision)

    with pytest.raises(RefusedToStart, match=f"of version {theirs}, .*run `utskick migrate`"):
        require_migrated(opened)

    with opened.connect() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    opened.dispose()
    assert bool(tables) is bool(revision)
