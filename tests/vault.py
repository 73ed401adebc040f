"""Keys for tests: as good as random, and always the same."""

from hashlib import sha256

from utskick.store.keys import Key, KeyRing
from utskick.store.vault import Vault


def a_key(name: str) -> Key:
    return Key(sha256(f"sealing {name}".encode()).digest(), sha256(name.encode()).digest())


def a_ring(*names: str) -> KeyRing:
    """The last one is current."""
    return KeyRing({name: a_key(name) for name in names}, names[-1])


def a_vault(*names: str) -> Vault:
    return Vault(a_ring(*(names or ("1",))))
