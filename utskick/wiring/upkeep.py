"""What is done to an installation's database and keys, whether it runs or not."""

from collections.abc import Callable
from functools import partial

from config.settings import DatabaseSettings, Settings
from utskick.adapters.system_clock import SystemClock
from utskick.store.accounts import migrate_as_owner
from utskick.store.engine import open_engine, require_migrated
from utskick.store.key_checks import check_keys
from utskick.store.key_file import changing
from utskick.store.keyrings import KeyFile, KeysInSettings
from utskick.store.rotate_keys import Keyring, Rotated, rotate_keys
from utskick.wiring.safety import require_safe
from utskick.wiring.vault import has_key_file, vault_of


def migrate_database(database: DatabaseSettings) -> None:
    """Bring the tables up to date, with the account that owns them."""
    migrate_as_owner(
        database.url,
        owner_url=database.owner_url.get_secret_value(),
        vault=partial(vault_of, database),
    )


def change_keys(settings: Settings, *, announce: Callable[[str], None]) -> Rotated | None:
    """Change the keys of an installation that may be running; `None` if somebody else does."""
    require_safe(settings)
    database = settings.database
    if not has_key_file(database):
        return _change_keys(database, KeysInSettings(), announce)
    with changing(database.key_file) as alone:
        return _change_keys(database, KeyFile(database.key_file), announce) if alone else None


def _change_keys(
    database: DatabaseSettings, keyring: Keyring, announce: Callable[[str], None]
) -> Rotated:
    vault = vault_of(database)
    engine = open_engine(database.url)
    now = SystemClock().now()
    try:
        require_migrated(engine)
        check_keys(engine, vault, now=now)
        return rotate_keys(engine, vault, keyring, now=now, announce=announce)
    finally:
        engine.dispose()
