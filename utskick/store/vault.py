"""Encryption of personnummer and uploads, and the keyed hashes that find them again."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext, and which key opens it."""

    ciphertext: bytes
    key_id: str


class Vault:
    """AES-256-GCM bound to the row, with a key for each purpose derived from the master key.

    `keys` holds every master key that something may still be sealed with; `current` seals. The
    index key is apart and is never rotated: a new one would find nobody again.
    """

    def __init__(self, *, keys: Mapping[str, bytes], current: str, index_key: bytes) -> None:
        self._ciphers = {
            key_id: AESGCM(_derive(key, "encrypt personnummer and uploads"))
            for key_id, key in keys.items()
        }
        self._current = current
        self._index_key = _derive(index_key, "blind index")

    def seal(self, content: bytes, *, row: UUID) -> Sealed:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, content, row.bytes)
        return Sealed(nonce + sealed, self._current)

    def open(self, sealed: Sealed, *, row: UUID) -> bytes:
        """Raises `cryptography.exceptions.InvalidTag` if it is another row's, or was changed."""
        nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        return self._ciphers[sealed.key_id].decrypt(nonce, ciphertext, row.bytes)

    def index(self, content: bytes) -> str:
        """The same content gives the same hash; without the key nobody can try all numbers."""
        return hmac.new(self._index_key, content, hashlib.sha256).hexdigest()


def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
