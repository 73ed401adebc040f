"""Settings → the keys, wherever they are kept."""

from functools import partial

from config.settings import DatabaseSettings
from utskick.store.key_file import read_key_file
from utskick.store.keys import KeyRing, read_ring
from utskick.store.vault import Vault


def vault_of(settings: DatabaseSettings) -> Vault:
    """The keys from the settings, or from the key file.

    Raises `FileNotFoundError` without any, and `KeysRefused` for those that are no keys.
    """
    if has_key_file(settings):
        read = partial(read_key_file, settings.key_file)
        return Vault(read(), reread=read)
    return Vault(_ring_of(settings))


def has_key_file(settings: DatabaseSettings) -> bool:
    in_settings = (
        settings.keys,
        settings.index_keys,
        settings.current_key,
        settings.index_key.get_secret_value(),
    )
    return not any(in_settings)


def _ring_of(settings: DatabaseSettings) -> KeyRing:
    index_key = settings.index_key.get_secret_value()
    return read_ring(
        keys={key_id: key.get_secret_value() for key_id, key in settings.keys.items()},
        current=settings.current_key,
        index_key=index_key,
        index_keys={key_id: key.get_secret_value() for key_id, key in settings.index_keys.items()},
        place="UTSKICK_DATABASE__KEYS",
    )
