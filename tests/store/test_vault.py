"""The vault seals for one row and with one key."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from tests.vault import a_key, a_ring, a_vault
from utskick.store.keys import Key, KeyRing
from utskick.store.vault import KeyMissing, Sealed, Vault

VAULT = a_vault("1")


def test_what_is_sealed_for_a_row_is_opened_for_it() -> None:
    row = uuid4()

    assert VAULT.open(VAULT.seal(b"secret", row=row), row=row) == b"secret"


def test_sealed_twice_it_looks_different() -> None:
    row = uuid4()

    assert VAULT.seal(b"secret", row=row) != VAULT.seal(b"secret", row=row)


def test_what_is_sealed_for_one_row_does_not_open_for_another() -> None:
    sealed = VAULT.seal(b"secret", row=uuid4())

    with pytest.raises(InvalidTag):
        VAULT.open(sealed, row=uuid4())


def test_a_changed_ciphertext_does_not_open() -> None:
    row = uuid4()
    sealed = VAULT.seal(b"secret", row=row)
    changed = bytes([sealed.ciphertext[-1] ^ 1])

    with pytest.raises(InvalidTag):
        VAULT.open(Sealed(sealed.ciphertext[:-1] + changed, sealed.key_id), row=row)


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    row = uuid4()
    old = VAULT.seal(b"secret", row=row)
    rotated = a_vault("1", "2")

    assert rotated.open(old, row=row) == b"secret"
    assert rotated.seal(b"secret", row=row).key_id == "2"
    assert rotated.index(b"secret", key_id="1") == VAULT.index(b"secret", key_id="1")
    assert rotated.index(b"secret", key_id="2") != VAULT.index(b"secret", key_id="1")


def test_the_index_is_nothing_without_its_key() -> None:
    known, other = a_key("1"), a_key("other")

    guessing = Vault(KeyRing({"1": Key(known.sealing, other.finding)}, "1"))

    assert guessing.index(b"secret", key_id="1") != VAULT.index(b"secret", key_id="1")


def test_a_key_that_comes_while_the_process_runs_is_read_when_it_is_needed() -> None:
    row = uuid4()
    sealed = a_vault("2").seal(b"secret", row=row)
    reading = Vault(a_ring("1"), reread=lambda: a_ring("1", "2"))

    assert reading.open(sealed, row=row) == b"secret"
    assert reading.ring.current == "2"


def test_a_key_that_is_nowhere_is_named() -> None:
    row = uuid4()
    sealed = a_vault("2").seal(b"secret", row=row)

    with pytest.raises(KeyMissing, match="key 2 is missing"):
        Vault(a_ring("1"), reread=lambda: a_ring("1")).open(sealed, row=row)
