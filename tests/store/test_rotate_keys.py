"""Keys are changed while everything runs, and by whoever begins again where another was killed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.access_log import is_whole
from tests.clinic import STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, a_dispatch, fill_register, kept
from tests.store.test_two_at_once import Other
from utskick.domain.personnummer import Personnummer
from utskick.domain.specs import UploadId
from utskick.domain.starting import RefusedToStart
from utskick.domain.units import Activity
from utskick.records import LogEntry, LogQuery
from utskick.store import SqlStore
from utskick.store.key_checks import check_keys
from utskick.store.key_file import changing, make_key_file, read_key_file
from utskick.store.keyrings import KeyFile, KeysInSettings
from utskick.store.rotate_keys import Rotated, rotate_keys
from utskick.store.sealed_tables import SEALED
from utskick.store.vault import KeyMissing, Vault

STAGES = (
    "key added",
    "key made current",
    "sealing person",
    "sealed person",
    "sealing upload",
    "sealed upload",
    "sealing data_key",
    "sealed data_key",
    "keys retired",
)


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches SIGKILL."""


@dataclass
class Installation:
    """A database and a key file; each `process` has read the file when it started."""

    engine: Engine
    key_file: Path
    stages: list[str] = field(default_factory=list)

    def vault(self) -> Vault:
        read = partial(read_key_file, self.key_file)
        return Vault(read(), reread=read)

    def process(self) -> SqlStore:
        vault = self.vault()
        check_keys(self.engine, vault, now=NOW)
        return SqlStore(self.engine, vault)

    def rotate(self, announce: Callable[[str], None] = lambda _: None) -> Rotated:
        def announcing(stage: str) -> None:
            self.stages.append(stage)
            announce(stage)

        vault = self.vault()
        check_keys(self.engine, vault, now=NOW)
        keyring = KeyFile(self.key_file)
        return rotate_keys(self.engine, vault, keyring, now=NOW, announce=announcing)

    def sealed_with(self) -> set[str]:
        with self.engine.connect() as connection:
            return {
                key_id
                for table in SEALED
                for (key_id,) in connection.execute(
                    text(f"SELECT key_id FROM {table.row.__tablename__}")  # noqa: S608  # our own
                )
            }

    def persons(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM person")) or 0


@pytest.fixture
def installation(engine: Engine, tmp_path: Path) -> Installation:
    make_key_file(tmp_path / "keys.json")
    return Installation(engine, tmp_path / "keys.json")


def uploaded(store: SqlStore) -> UploadId:
    with store.transaction() as records:
        return records.uploads.add(UNIT.id, b"a list", by=STAFF.name, now=NOW)


def log(store: SqlStore, number: Personnummer) -> None:
    entry = LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=number)
    with store.transaction() as records:
        records.access_log.write([entry], now=NOW)


def logged(store: SqlStore, number: Personnummer) -> Sequence[Personnummer | None]:
    with store.transaction() as records:
        found = records.access_log.read(UNIT.id, LogQuery(personnummer=number))
    return [entry.personnummer for entry in found]


def test_all_that_is_sealed_is_sealed_with_the_new_key(installation: Installation) -> None:
    store = installation.process()
    fill_register(store)
    ledger = kept(store, numbers=(ANNA, BO), submission_key="k")
    upload = uploaded(store)
    log(store, ANNA)
    with store.transaction() as records:
        records.names.learn({ANNA: "Anna Berg", BO: "Bo Ek"}, protected=())

    rotated = installation.rotate()

    assert (rotated.current, rotated.dropped, rotated.resumed) == ("2", ["1"], False)
    assert installation.sealed_with() == {"2"}
    assert set(read_key_file(installation.key_file).keys) == {"2"}
    for process in (store, installation.process()):
        with process.transaction() as records:
            recipients = records.dispatches.recipients(ledger.dispatch.id)
            assert [each.personnummer for each in recipients] == [ANNA, BO]
            assert [each.name for each in recipients] == ["Anna Berg", "Bo Ek"]
            assert records.uploads.get(upload) == b"a list"
        assert logged(process, ANNA) == [ANNA]
        assert is_whole(process, UNIT.id)


def test_a_dispatch_from_before_is_still_the_same_submission(installation: Installation) -> None:
    store = installation.process()
    fill_register(store)
    dispatch = a_dispatch()
    with store.transaction() as records:
        records.dispatches.add(dispatch, [], submission_key="k", content_seal="one")

    installation.rotate()

    with installation.process().transaction() as records:
        assert records.dispatches.submitted(UNIT.id, "k", content_seal="one") == dispatch.id
        assert not records.dispatches.add(a_dispatch(), [], submission_key="k")


def test_each_change_has_a_key_of_its_own(installation: Installation) -> None:
    store = installation.process()
    log(store, ANNA)

    assert [installation.rotate().current for _ in range(3)] == ["2", "3", "4"]
    assert logged(store, ANNA) == [ANNA]


@pytest.mark.parametrize("stage", STAGES)
def test_whoever_is_killed_twice_is_gone_on_from(installation: Installation, stage: str) -> None:
    store = installation.process()
    fill_register(store)
    upload = uploaded(store)
    log(store, ANNA)
    log(store, BO)

    def die(reached: str) -> None:
        if reached == stage:
            raise Killed

    for _ in range(2):
        try:
            installation.rotate(die)
        except Killed:
            # Everybody works on, with what they had read and with what is in the file by now.
            for process in (store, installation.process()):
                assert logged(process, ANNA) == [ANNA] * len(logged(process, ANNA))
                log(process, ANNA)
    rotated = installation.rotate()

    assert stage in installation.stages
    assert installation.sealed_with() == {rotated.current}
    assert set(read_key_file(installation.key_file).keys) == {rotated.current}
    assert installation.persons() == 2
    with store.transaction() as records:
        assert records.uploads.get(upload) == b"a list"
    assert is_whole(store, UNIT.id)


def test_what_was_begun_is_ended_before_anything_else(installation: Installation) -> None:
    log(installation.process(), ANNA)

    def die(stage: str) -> None:
        if stage == "key made current":
            raise Killed

    with pytest.raises(Killed):
        installation.rotate(die)

    rotated = installation.rotate()
    assert (rotated.current, rotated.resumed) == ("2", True)


def test_whoever_works_meanwhile_keeps_nobody_twice(installation: Installation) -> None:
    old = installation.process()
    fill_register(old)
    for number in (ANNA, BO):
        log(old, number)

    def work(stage: str) -> None:
        if not stage.startswith("sealing"):
            # SQLite would have them wait for the batch.
            for process in (old, installation.process()):
                for number in (ANNA, BO, CILLA):
                    log(process, number)
                    assert set(logged(process, number)) == {number}

    installation.rotate(work)

    assert installation.persons() == 3
    assert installation.sealed_with() == {"2"}


def test_more_rows_than_one_batch_holds(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.store.rotate_keys._AT_ONCE", 1)
    store = installation.process()
    for number in (ANNA, BO, CILLA):
        log(store, number)

    installation.rotate()

    assert installation.stages.count("sealed person") == 3
    assert installation.sealed_with() == {"2"}


def test_a_process_that_has_not_got_the_key_does_nothing_wrong(
    installation: Installation,
) -> None:
    log(installation.process(), ANNA)
    without = SqlStore(installation.engine, Vault(read_key_file(installation.key_file)))

    installation.rotate()

    with pytest.raises(KeyMissing, match="key 2 is missing"):
        log(without, ANNA)
    assert installation.persons() == 1


def test_keys_in_settings_are_added_by_people(installation: Installation) -> None:
    log(installation.process(), ANNA)
    vault = installation.vault()

    with pytest.raises(RefusedToStart, match="add a key 2 to UTSKICK_DATABASE__KEYS"):
        rotate_keys(installation.engine, vault, KeysInSettings(), now=NOW)

    KeyFile(installation.key_file).add("2")
    rotated = rotate_keys(installation.engine, installation.vault(), KeysInSettings(), now=NOW)
    assert (rotated.current, rotated.dropped) == ("2", ["1"])
    assert installation.sealed_with() == {"2"}


def test_a_key_that_was_retired_does_not_come_back(installation: Installation) -> None:
    log(installation.process(), ANNA)
    old = installation.key_file.read_text()
    installation.rotate()
    kept_new = read_key_file(installation.key_file)
    installation.key_file.write_text(old)
    both = {**read_key_file(installation.key_file).keys, **kept_new.keys}
    back = Vault(type(kept_new)(both, "1"))

    with pytest.raises(RefusedToStart, match="key 1 has been retired"):
        rotate_keys(installation.engine, back, KeysInSettings(), now=NOW)


def test_two_do_not_change_keys_at_once(installation: Installation) -> None:
    with changing(installation.key_file) as first, changing(installation.key_file) as second:
        assert (first, second) == (True, False)
    with changing(installation.key_file) as later:
        assert later


def test_a_key_becomes_current_when_those_who_seal_have_ended(
    postgresql_engine: Engine, tmp_path: Path
) -> None:
    make_key_file(tmp_path / "keys.json")
    installation = Installation(postgresql_engine, tmp_path / "keys.json")
    store = installation.process()
    entry = LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=ANNA)
    with ThreadPoolExecutor(max_workers=2) as pool:
        other = Other(postgresql_engine, pool)
        with store.transaction() as records:
            records.access_log.write([entry], now=NOW)
            rotating = other.waits(installation.rotate)
        rotated = rotating.result(120)

    log(store, ANNA)
    assert rotated.current == "2"
    assert installation.persons() == 1
    assert installation.sealed_with() == {"2"}
