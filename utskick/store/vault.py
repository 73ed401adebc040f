"""Encryption of personnummer and uploads, and the keyed hashes that find them again."""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from utskick.store.keys import Key, KeyRing, derive

_NONCE_BYTES = 12


class KeyMissing(KeyError):
    """Something is sealed with a key that this process does not have."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} is missing: give it to this process, and start it again")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext, and which key opens it."""

    ciphertext: bytes
    key_id: str


class Sealing(Protocol):
    """What repositories seal, open and find with."""

    @property
    def key_ids(self) -> Sequence[str]:
        """By which something may be found; the first is the one that seals."""

    def hold(self) -> None:
        """From now until the transaction ends nobody changes keys."""

    def seal(self, content: bytes, *, row: UUID) -> Sealed: ...
    def open(self, sealed: Sealed, *, row: UUID) -> bytes:
        """Raises `cryptography.exceptions.InvalidTag` if it is another row's, or was changed."""

    def index(self, content: bytes, *, key_id: str) -> str:
        """The same content gives the same hash; without the key nobody can try all numbers."""


class Vault:
    """AES-256-GCM bound to the row, with a key for each purpose derived from the secrets.

    `reread` gives the ring as it is by now, for a key that came while the process ran.
    """

    def __init__(self, ring: KeyRing, *, reread: Callable[[], KeyRing] | None = None) -> None:
        self.ring = ring
        self._reread = reread
        self._keys: Mapping[str, _Derived] = {}
        self._take(ring)

    @property
    def key_ids(self) -> Sequence[str]:
        current = self.ring.current
        return [current, *(key_id for key_id in self.ring.keys if key_id != current)]

    def hold(self) -> None:
        """A vault outside the database has its keys for itself."""

    def seal(self, content: bytes, *, row: UUID) -> Sealed:
        return self.seal_with(self.ring.current, content, row=row)

    def seal_with(self, key_id: str, content: bytes, *, row: UUID) -> Sealed:
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + self._key(key_id).cipher.encrypt(nonce, content, row.bytes), key_id)

    def open(self, sealed: Sealed, *, row: UUID) -> bytes:
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        return self._key(sealed.key_id).cipher.decrypt(nonce, ciphertext, row.bytes)

    def index(self, content: bytes, *, key_id: str) -> str:
        return hmac.new(self._key(key_id).index_key, content, hashlib.sha256).hexdigest()

    def read_again(self) -> None:
        """Take the ring as it is by now."""
        if self._reread is not None:
            self._take(self._reread())

    def _key(self, key_id: str) -> "_Derived":
        if key_id not in self._keys:
            self.read_again()
        try:
            return self._keys[key_id]
        except KeyError:
            raise KeyMissing(key_id) from None

    def _take(self, ring: KeyRing) -> None:
        # Another thread may be looking something up: it finds the old or the new ones, whole. What
        # has left the ring may be asked for by a transaction that began before.
        derived = {key_id: _Derived(key) for key_id, key in ring.keys.items()}
        self._keys = {**self._keys, **derived}
        self.ring = ring


class _Derived:
    """What is in use of a key."""

    def __init__(self, key: Key) -> None:
        self.cipher = AESGCM(derive(key.sealing, "encrypt personnummer and uploads"))
        self.index_key = derive(key.finding, "blind index")
