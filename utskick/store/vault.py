"""Encryption of personnummer and uploads, and the keyed hashes that find them again."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from utskick.store.keys import Key, KeyRing, derive

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext, and which key opens it."""

    ciphertext: bytes
    key_id: str


class Vault:
    """AES-256-GCM bound to the row, with a key for each purpose derived from the secrets."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._keys = {key_id: _Derived(key) for key_id, key in ring.keys.items()}

    @property
    def key_ids(self) -> Sequence[str]:
        """By which something may be found, the one that most is found by first."""
        current = self.ring.current
        return [current, *(key_id for key_id in self.ring.keys if key_id != current)]

    def seal(self, content: bytes, *, row: UUID) -> Sealed:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self.ring.current].cipher.encrypt(nonce, content, row.bytes)
        return Sealed(nonce + sealed, self.ring.current)

    def open(self, sealed: Sealed, *, row: UUID) -> bytes:
        """Raises `cryptography.exceptions.InvalidTag` if it is another row's, or was changed."""
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        return self._keys[sealed.key_id].cipher.decrypt(nonce, ciphertext, row.bytes)

    def index(self, content: bytes, *, key_id: str | None = None) -> str:
        """The same content gives the same hash; without the key nobody can try all numbers."""
        derived = self._keys[key_id or self.ring.current]
        return hmac.new(derived.index_key, content, hashlib.sha256).hexdigest()


class _Derived:
    """What is in use of a key."""

    def __init__(self, key: Key) -> None:
        self.cipher = AESGCM(derive(key.sealing, "encrypt personnummer and uploads"))
        self.index_key = derive(key.finding, "blind index")
