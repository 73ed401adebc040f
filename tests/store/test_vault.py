"""The vault seals for one row and with one key."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from tests.vault import a_key, a_vault
from utskick.store.keys import Key, KeyRing
from utskick.store.vault import Sealed, Vault

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
    assert rotated.index(b"secret", key_id="1") == VAULT.index(b"secret")
    assert rotated.index(b"secret") != VAULT.index(b"secret")


def test_the_index_is_nothing_without_its_key() -> None:
    known, other = a_key("1"), a_key("other")

    guessing = Vault(KeyRing({"1": Key(known.sealing, other.finding)}, "1"))

    assert guessing.index(b"secret") != VAULT.index(b"secret")
