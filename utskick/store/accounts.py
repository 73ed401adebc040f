"""Accounts of the database: one that may change tables, and one that every process has.

On PostgreSQL only; a file of SQLite has whoever may write to it.
"""

from collections.abc import Callable

from sqlalchemy import Engine, make_url, text

from utskick.domain.starting import RefusedToStart
from utskick.store.engine import migrate, open_engine
from utskick.store.tables import AccessLogRow, LogBeforeKeysRow, Row
from utskick.store.vault import Vault

_WRITES_ONCE = {AccessLogRow.__tablename__}
"""What nobody changes: old entries are deleted when their time is over."""


_READS = {LogBeforeKeysRow.__tablename__}
"""What a migration has written once and for all."""


def migrate_as_owner(
    url: str, *, owner_url: str = "", vault: Callable[[], Vault] | None = None
) -> None:
    """Bring the tables up to date. With an owner of its own, `url`'s account may use them."""
    engine = open_engine(owner_url or url)
    account = make_url(url).username
    try:
        migrate(engine, vault=vault)
        if owner_url and account:
            _grant(engine, to=account)
    finally:
        engine.dispose()


def _grant(engine: Engine, *, to: str) -> None:
    """Let an account read and write rows, and nothing else. Done again, nothing happens."""
    with engine.begin() as connection:
        account = connection.dialect.identifier_preparer.quote(to)
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {account}"))
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {account}"))
        for name in Row.metadata.tables:
            rights = _rights(name)
            table = connection.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"GRANT {rights} ON {table} TO {account}"))


def _rights(table: str) -> str:
    if table in _READS:
        return "SELECT"
    return "SELECT, INSERT, DELETE" + ("" if table in _WRITES_ONCE else ", UPDATE")


def require_few_rights(engine: Engine) -> None:
    """Raises `RefusedToStart` if whoever takes this process over could change tables."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        may = connection.scalar(
            text(
                "SELECT rolsuper OR pg_has_role(current_user, relowner, 'MEMBER')"
                " FROM pg_roles, pg_class WHERE rolname = current_user"
                " AND pg_class.oid = 'dispatch'::regclass"
            )
        )
    if may:
        raise RefusedToStart(
            "the account of UTSKICK_DATABASE__URL may change tables: give it another account,"
            " set UTSKICK_DATABASE__OWNER_URL to this one, and run `utskick migrate`"
        )
