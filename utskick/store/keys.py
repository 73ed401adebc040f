"""Keys: what counts as one, what is derived from it, and the ring that holds old and new ones."""

import base64
import binascii
import hashlib
import hmac
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from utskick.domain.starting import RefusedToStart

KEY_BYTES = 32
_VARIETY = 16
"""Of 32 random bytes some 30 differ; fewer than this are once in the lifetime of a universe."""
_PRINTED = frozenset(string.printable.encode())
_LONGEST_ID = 20
_HOW = "give base64 of 32 random bytes, as `openssl rand -base64 32` prints it"


class KeysRefused(RefusedToStart):
    """Keys that are missing, weak, unreadable, or others than the database's."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A pair of secrets with one id: `sealing` encrypts, `finding` makes the keyed hashes."""

    sealing: bytes
    finding: bytes

    @property
    def checks(self) -> tuple[str, str]:
        """What may be known of both: enough to recognise them, nothing to find them by."""
        return _check(self.sealing), _check(self.finding)


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Every key that something may be sealed with, by its id; `current` is meant to seal."""

    keys: Mapping[str, Key]
    current: str


def derive(secret: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose: none says anything of another, nor of the secret."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(
        secret
    )


def read_ring(
    *,
    keys: Mapping[str, str],
    current: str,
    index_key: str = "",
    index_keys: Mapping[str, str],
    place: str,
) -> KeyRing:
    """Keys as they are written in a setting or a file, which `place` names.

    `index_key` is of every key that has none in `index_keys`. Raises `KeysRefused`.
    """
    finding = {key_id: index_keys.get(key_id, index_key) for key_id in keys}
    faults = [
        *_faults_of(keys, "key", place),
        *_faults_of(finding, "index key of", place),
        *_faults_of_ids(keys, current, place),
    ]
    if set(keys.values()) & set(finding.values()):
        faults.append(f"{place}: a key is an index key as well: {_HOW} for each")
    if len(set(keys.values())) < len(keys):
        faults.append(f"{place}: two ids have the same key: {_HOW} for each")
    if faults:
        raise KeysRefused(*faults)
    pairs = {
        key_id: Key(base64.b64decode(keys[key_id]), base64.b64decode(finding[key_id]))
        for key_id in keys
    }
    return KeyRing(pairs, current)


def _faults_of_ids(keys: Mapping[str, str], current: str, place: str) -> Iterator[str]:
    if not keys:
        yield f"{place}: there are no keys: {_HOW}"
    elif current not in keys:
        yield f"{place}: the current key, {current!r}, is none of the keys: name one of {[*keys]}"
    for key_id in keys:
        if not 1 <= len(key_id) <= _LONGEST_ID:
            yield f"{place}: the key id {key_id!r} has not 1 to {_LONGEST_ID} characters"


def _faults_of(keys: Mapping[str, str], what: str, place: str) -> Iterator[str]:
    for key_id, written in keys.items():
        if fault := _fault_of(written):
            yield f"{place}: {what} {key_id} {fault}: {_HOW}"


def _fault_of(written: str) -> str:
    if not written:
        return "is missing"
    try:
        key = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    if len(key) != KEY_BYTES:
        return f"has {len(key)} bytes in place of {KEY_BYTES}"
    return "" if _looks_random(key) else "is not random"


def _looks_random(key: bytes) -> bool:
    """Neither zeros, repetitions, rows of numbers nor text."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    half = len(key) // 2
    return (
        len(set(key)) >= _VARIETY
        and len(steps) >= _VARIETY
        and key[:half] != key[half:]
        and not _PRINTED.issuperset(key)
    )


def _check(secret: bytes) -> str:
    return hmac.new(derive(secret, "check value"), b"", hashlib.sha256).hexdigest()
