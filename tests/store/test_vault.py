"""The vault seals for one row and with one key."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from utskick.store.vault import Sealed, Vault

KEY, OTHER_KEY, INDEX_KEY = bytes(32), b"\1" * 32, b"\2" * 32
VAULT = Vault(keys={"1": KEY}, current="1", index_key=INDEX_KEY)


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
    rotated = Vault(keys={"1": KEY, "2": OTHER_KEY}, current="2", index_key=INDEX_KEY)

    assert rotated.open(old, row=row) == b"secret"
    assert rotated.seal(b"secret", row=row).key_id == "2"
    assert rotated.index(b"secret") == VAULT.index(b"secret")


def test_the_index_is_nothing_without_its_key() -> None:
    other = Vault(keys={"1": KEY}, current="1", index_key=KEY)

    assert other.index(b"secret") != VAULT.index(b"secret")
