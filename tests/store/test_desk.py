"""What comes in from outside, and how often we may go out: uploads, tokens, budgets."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.store.ledger import NOW, change
from tests.tokens import a_token
from utskick.domain.errors import NotFound, UnknownToken
from utskick.domain.specs import UploadId
from utskick.store import SqlStore
from utskick.store.vault import Vault


def upload(store: SqlStore, content: bytes = b"spec") -> UploadId:
    with store.transaction() as records:
        return records.uploads.add(UNIT.id, content, by=STAFF.name, now=NOW)


def make_token(store: SqlStore, name: str = "journalsystemet") -> str:
    with store.transaction() as records:
        return records.tokens.add(a_token(UNIT.id, name=name, now=NOW))


def reserve(store: SqlStore, neighbour: str = "inbox", *, calls: int, per_s: float) -> float:
    with store.transaction() as records:
        return records.budgets.reserve(neighbour, calls=calls, per_s=per_s)


def test_an_upload_comes_back_as_it_was(store: SqlStore) -> None:
    upload_id = upload(store, "åäö".encode())

    with store.transaction() as records:
        assert records.uploads.get(upload_id) == "åäö".encode()


def test_an_upload_that_is_not_there_is_not_found(store: SqlStore) -> None:
    with pytest.raises(NotFound), store.transaction() as records:
        records.uploads.get(UploadId(uuid4()))


def test_an_upload_moved_to_another_row_does_not_open(store: SqlStore, engine: Engine) -> None:
    upload_id = upload(store)
    other = uuid4()
    stored = other if engine.dialect.name == "postgresql" else other.hex
    change(engine, "UPDATE upload SET id = :id", id=stored)

    with store.transaction() as records:
        with pytest.raises(InvalidTag):
            records.uploads.get(UploadId(other))
        with pytest.raises(NotFound):
            records.uploads.get(upload_id)


def test_old_uploads_are_deleted_and_newer_ones_kept(store: SqlStore) -> None:
    old = upload(store)

    with store.transaction() as records:
        before = records.uploads.delete_before(NOW)
        after = records.uploads.delete_before(NOW + timedelta(seconds=1))

    assert (before, after) == (0, 1)
    with pytest.raises(NotFound), store.transaction() as records:
        records.uploads.get(old)


def test_a_token_opens_its_unit(store: SqlStore) -> None:
    token = make_token(store)

    with store.transaction() as records:
        assert records.tokens.find(token).unit_id == UNIT.id


def test_only_the_hash_of_a_token_is_kept(store: SqlStore, engine: Engine) -> None:
    token = make_token(store)

    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM token").all()

    assert len(rows) == 1
    assert token not in str(rows)


@pytest.mark.parametrize("token", ["", "x", "0" * 43])
def test_an_unknown_token_opens_nothing(store: SqlStore, token: str) -> None:
    make_token(store)

    with pytest.raises(UnknownToken), store.transaction() as records:
        records.tokens.find(token)


def test_a_revoked_token_opens_nothing_and_the_others_still_do(store: SqlStore) -> None:
    revoked, kept = make_token(store, "gamla"), make_token(store, "nya")

    with store.transaction() as records:
        records.tokens.revoke(UNIT.id, "gamla", now=NOW)
    with pytest.raises(NotFound), store.transaction() as records:
        records.tokens.revoke(OTHER_UNIT.id, "nya", now=NOW)

    with store.transaction() as records:
        assert records.tokens.find(kept).unit_id == UNIT.id
        with pytest.raises(UnknownToken):
            records.tokens.find(revoked)


def test_a_units_tokens_are_listed_newest_first_without_what_opens(store: SqlStore) -> None:
    make_token(store, "gamla")
    with store.transaction() as records:
        records.tokens.revoke(UNIT.id, "gamla", now=NOW)
        token = records.tokens.add(a_token(UNIT.id, name="nya", now=NOW + timedelta(days=1)))

    with store.transaction() as records:
        listed = records.tokens.list_for(UNIT.id)
        assert records.tokens.list_for(OTHER_UNIT.id) == []

    assert [(each.name, each.revoked_at) for each in listed] == [("nya", None), ("gamla", NOW)]
    assert token not in str(listed)


def test_a_token_is_revoked_once(store: SqlStore) -> None:
    make_token(store, "gamla")

    with store.transaction() as records:
        records.tokens.revoke(UNIT.id, "gamla", now=NOW)

    with pytest.raises(NotFound), store.transaction() as records:
        records.tokens.revoke(UNIT.id, "gamla", now=NOW + timedelta(days=1))
    with store.transaction() as records:
        assert records.tokens.list_for(UNIT.id)[0].revoked_at == NOW


def test_a_token_of_a_withdrawn_unit_opens_nothing_until_the_unit_is_back(
    store: SqlStore,
) -> None:
    token = make_token(store)
    with store.transaction() as records:
        records.units.save([replace(UNIT, withdrawn_at=NOW)])

    with pytest.raises(UnknownToken), store.transaction() as records:
        records.tokens.find(token)

    with store.transaction() as records:
        records.units.save([UNIT])
        assert records.tokens.find(token).unit_id == UNIT.id


def test_the_first_call_need_not_wait(store: SqlStore) -> None:
    assert reserve(store, calls=1, per_s=1) == 0


def test_calls_stand_in_line_behind_those_before(store: SqlStore) -> None:
    reserve(store, calls=50, per_s=5)

    assert 9 < reserve(store, calls=1, per_s=5) <= 10


def test_two_processes_share_a_neighbours_rate(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    other_process = SqlStore(engine, vault)

    waits = [
        reserve(each, calls=10, per_s=1) for each in (store, other_process, store, other_process)
    ]

    assert [round(wait, -1) for wait in waits] == [0, 10, 20, 30]


def test_each_neighbour_has_a_line_of_its_own(store: SqlStore) -> None:
    reserve(store, "inbox", calls=100, per_s=1)

    assert reserve(store, "persons", calls=1, per_s=1) == 0


def test_a_line_that_nobody_stands_in_is_forgotten(store: SqlStore, engine: Engine) -> None:
    reserve(store, calls=100, per_s=1)

    change(engine, "UPDATE neighbour_budget SET free_at = :past", past="2020-01-01 00:00:00")

    assert reserve(store, calls=1, per_s=1) == 0
