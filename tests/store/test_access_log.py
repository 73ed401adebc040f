"""The access log is append-only, and a change in it is found; it is read newest first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from tests.access_log import is_whole
from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, change
from tests.vault import a_vault
from utskick.adapters.in_memory import InMemoryLogHeads
from utskick.domain.log_chain import RESTORED, LogFault, LogHead
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.staff import StaffSession
from utskick.domain.units import Activity, Actor, HsaId, Unit
from utskick.records import LogEntry, LoggedEntry, LogQuery
from utskick.store import SqlStore
from utskick.store.before_keys import note_before_keys
from utskick.store.data_keys import DataKeys
from utskick.store.log_keys import PURPOSE, LogKey, unkeyed_link
from utskick.store.tables import AccessLogRow, DataKeyRow
from utskick.store.vault import Sealed, Vault
from utskick.use_cases.check_access_log import CheckAccessLog


def entry(act: str, *, actor: Actor = STAFF, about: Personnummer | None = ANNA) -> LogEntry:
    return LogEntry(actor=actor, activity=Activity.READ, act=act, personnummer=about)


def write(store: SqlStore, *entries: LogEntry) -> None:
    with store.transaction() as records:
        records.access_log.write(entries, now=NOW)


def faults(store: SqlStore, unit: Unit = UNIT) -> list[tuple[LogFault, int]]:
    """What is wrong by the chain alone, and with which entry first."""
    check = CheckAccessLog(store=store, log_heads=InMemoryLogHeads(), rules=Rules()).check_log(
        unit.id
    )
    return [(found.fault, found.first) for found in check.findings]


def three_entries(store: SqlStore) -> None:
    write(store, entry("visat mottagarlista"), entry("visat mottagarlista", about=BO))
    write(store, entry("stoppat utskick", about=None))


def test_an_untouched_log_is_whole(store: SqlStore) -> None:
    three_entries(store)

    assert faults(store) == []


def test_an_empty_log_is_whole(store: SqlStore) -> None:
    write(store)

    assert faults(store) == []


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE access_log SET act = 'annat' WHERE number = 2",
        "UPDATE access_log SET actor = 'annan' WHERE number = 2",
        "UPDATE access_log SET activity = 'Radera' WHERE number = 2",
        "UPDATE access_log SET at = '2026-01-01 00:00:00' WHERE number = 2",
        "UPDATE access_log SET person_id = NULL WHERE number = 2",
        "UPDATE access_log SET key_number = 7 WHERE number = 2",
        "UPDATE access_log SET key_number = NULL WHERE number = 2",
    ],
)
def test_a_changed_entry_is_found(store: SqlStore, engine: Engine, forgery: str) -> None:
    three_entries(store)

    change(engine, forgery)

    assert faults(store) == [(LogFault.CHANGED, 2)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_removed_entry_is_found(store: SqlStore, engine: Engine, number: int) -> None:
    three_entries(store)

    change(engine, "DELETE FROM access_log WHERE number = :number", number=number)

    assert faults(store) == [(LogFault.MISSING, number)]


def test_each_unit_has_a_chain_of_its_own(store: SqlStore, engine: Engine) -> None:
    write(store, entry("visat"), entry("visat", actor=OTHER_STAFF), entry("visat", about=BO))

    change(engine, "UPDATE access_log SET act = 'annat' WHERE unit_id = :unit", unit=UNIT.id)

    assert faults(store) == [(LogFault.CHANGED, 1)]
    assert faults(store, OTHER_UNIT) == []


def test_an_entry_is_undone_with_the_act_that_it_shows(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.transaction() as records:
        records.access_log.write([entry("stoppat utskick")], now=NOW)
        raise RuntimeError

    write(store, entry("visat"))
    assert faults(store) == []


def test_the_log_names_persons_by_an_id_only(store: SqlStore, engine: Engine) -> None:
    three_entries(store)

    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM access_log").all()

    assert len(rows) == 3
    assert ANNA.digits not in str(rows)


# Sealed by keys


def chain_of(engine: Engine, unit: Unit = UNIT) -> list[dict[str, Any]]:
    """The unit's rows, oldest first."""
    rows = select(AccessLogRow.__table__).where(AccessLogRow.unit_id == unit.id)
    with engine.connect() as connection:
        found = connection.execute(rows.order_by(AccessLogRow.number)).mappings()
        return [dict(row) for row in found]


def rewrite(engine: Engine, seal: Callable[[str, dict[str, Any]], str], **said: Any) -> None:
    """Have the second entry say something else, and link all again."""
    previous, chain = "", chain_of(engine)
    with engine.begin() as connection:
        for row in chain:
            new = row | (said if row["number"] == 2 else {})
            previous = seal(previous, new)
            connection.execute(
                update(AccessLogRow)
                .where(AccessLogRow.unit_id == UNIT.id, AccessLogRow.number == row["number"])
                .values(**{name: new[name] for name in said}, hash=previous)
            )


def test_a_chain_that_was_linked_again_without_the_key_is_found(
    store: SqlStore, engine: Engine
) -> None:
    three_entries(store)

    rewrite(engine, unkeyed_link, act="annat")

    assert faults(store) == [(LogFault.CHANGED, 1)]


def test_a_chain_that_was_linked_again_with_another_key_is_found(
    store: SqlStore, engine: Engine
) -> None:
    three_entries(store)

    rewrite(engine, LogKey(1, b"guessed").entry_seal, act="annat")

    assert faults(store) == [(LogFault.CHANGED, 1)]


def test_a_key_that_somebody_has_put_there_proves_nothing(store: SqlStore, engine: Engine) -> None:
    three_entries(store)

    change(engine, "UPDATE data_key SET ciphertext = :junk", junk=bytes(60))

    assert faults(store) == [(LogFault.CHANGED, 1)]


def without_keys(engine: Engine, **said: Any) -> None:
    """What anyone can do who may write to the database."""
    change(engine, "UPDATE access_log SET key_number = NULL")
    rewrite(engine, unkeyed_link, **said)


def older(engine: Engine, vault: Vault) -> None:
    """As if the entries were from before there were keys, and an upgrade had noted it."""
    without_keys(engine)
    with Session(engine) as session, session.begin():
        note_before_keys(session, vault)


def test_a_log_that_has_always_had_keys_cannot_be_made_one_without(
    store: SqlStore, engine: Engine
) -> None:
    three_entries(store)

    without_keys(engine, act="annat")

    assert faults(store) == [(LogFault.CHANGED, 1)]


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE access_log SET act = 'annat' WHERE number = 3",
        "DELETE FROM log_before_keys",
        "UPDATE log_before_keys SET number = 5",
        "UPDATE log_before_keys SET hash = '0'",
        "UPDATE log_before_keys SET seal = '0'",
    ],
)
def test_nobody_else_can_change_how_far_a_log_is_older_than_its_keys(
    store: SqlStore, engine: Engine, vault: Vault, deed: str
) -> None:
    three_entries(store)
    older(engine, vault)

    change(engine, deed)

    assert [fault for fault, _ in faults(store)] == [LogFault.CHANGED]


def test_entries_with_keys_cannot_be_added_to_those_from_before(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    three_entries(store)
    older(engine, vault)
    write(store, entry("visat"))

    without_keys(engine)

    assert faults(store) == [(LogFault.CHANGED, 4)]


def test_entries_from_before_the_keys_are_what_they_were_when_that_was_noted(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    three_entries(store)
    older(engine, vault)

    without_keys(engine, act="annat")

    assert faults(store) == [(LogFault.CHANGED, 3)]


def test_entries_from_before_the_keys_are_followed_by_sealed_ones(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    three_entries(store)
    older(engine, vault)
    write(store, entry("visat"))

    check = CheckAccessLog(store=store, log_heads=InMemoryLogHeads(), rules=Rules()).check_log(
        UNIT.id
    )

    assert check.whole
    assert (check.entries, check.unkeyed) == (4, 3)


def test_entries_from_before_the_keys_cannot_be_linked_again_under_sealed_ones(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    three_entries(store)
    older(engine, vault)
    write(store, entry("visat"))
    sealed = chain_of(engine)[-1]["hash"]

    rewrite(engine, unkeyed_link, act="annat")
    change(engine, "UPDATE access_log SET hash = :sealed WHERE number = 4", sealed=sealed)

    assert faults(store) == [(LogFault.CHANGED, 3)]


def renew(store: SqlStore, engine: Engine, vault: Vault) -> None:
    with Session(engine) as session, session.begin():
        DataKeys(session, vault, PURPOSE).add()
    write(store, entry("visat"))


def test_the_chain_goes_on_under_a_new_key(store: SqlStore, engine: Engine, vault: Vault) -> None:
    three_entries(store)

    renew(store, engine, vault)

    assert faults(store) == []
    assert [row["key_number"] for row in chain_of(engine)] == [1, 1, 1, 2]


def test_an_older_key_seals_nothing_after_a_new_one(
    store: SqlStore, engine: Engine, vault: Vault
) -> None:
    three_entries(store)
    renew(store, engine, vault)
    write(store, entry("visat"))
    with Session(engine) as session:
        stolen = LogKey(1, DataKeys(session, vault, PURPOSE).all()[1])

    before, last = chain_of(engine)[-2:]
    change(
        engine,
        "UPDATE access_log SET key_number = 1, hash = :forged WHERE number = 5",
        forged=stolen.entry_seal(before["hash"], last),
    )

    assert faults(store) == [(LogFault.CHANGED, 5)]


def test_new_master_keys_change_no_entry(store: SqlStore, engine: Engine, vault: Vault) -> None:
    three_entries(store)
    new = a_vault("1", "2")
    with Session(engine) as session, session.begin():
        for row in session.scalars(select(DataKeyRow)):
            opened = vault.open(Sealed(row.ciphertext, row.key_id), row=row.id)
            sealed = new.seal(opened, row=row.id)
            row.ciphertext, row.key_id = sealed.ciphertext, sealed.key_id

    assert faults(SqlStore(engine, a_vault("2"))) == []


# What it ends with


def ends(store: SqlStore) -> list[LogHead]:
    with store.transaction() as records:
        return list(records.access_log.heads(now=NOW))


def agree(store: SqlStore, heads: list[LogHead]) -> list[bool]:
    with store.transaction() as records:
        return [records.access_log.agrees(head) for head in heads]


def test_there_is_a_head_for_each_log(store: SqlStore) -> None:
    three_entries(store)
    write(store, entry("visat", actor=OTHER_STAFF))

    assert [(head.unit_id, head.number) for head in ends(store)] == [
        (UNIT.id, 3),
        (OTHER_UNIT.id, 1),
    ]


def test_without_entries_there_are_no_heads(store: SqlStore) -> None:
    assert ends(store) == []


def test_a_head_agrees_as_long_as_its_entry_is_there(store: SqlStore, engine: Engine) -> None:
    three_entries(store)
    heads = ends(store)
    write(store, entry("visat"))
    before = agree(store, heads)

    change(engine, "DELETE FROM access_log WHERE number >= 3")

    assert (before, agree(store, heads)) == ([True], [False])


@pytest.mark.parametrize("change_of_it", [{"number": 2}, {"seal": "0"}, {"key": 9}])
def test_a_head_that_somebody_else_wrote_never_agrees(
    store: SqlStore, change_of_it: dict[str, Any]
) -> None:
    three_entries(store)
    heads = [replace(head, **change_of_it) for head in ends(store)]

    with store.transaction() as records:
        assert records.access_log.proven(heads) == []
    assert agree(store, heads) == [False]


def test_a_restored_backup_explains_what_its_heads_say(store: SqlStore, engine: Engine) -> None:
    three_entries(store)
    heads = ends(store)
    change(engine, "DELETE FROM access_log WHERE number = 3")

    write(store, entry(RESTORED, about=None))

    assert agree(store, heads) == [True]


def test_a_restored_backup_that_somebody_else_wrote_explains_nothing(
    store: SqlStore, engine: Engine
) -> None:
    three_entries(store)
    heads = ends(store)
    change(engine, "DELETE FROM access_log WHERE number = 3")
    write(store, entry("visat"))

    change(engine, f"UPDATE access_log SET act = '{RESTORED}' WHERE number = 3")  # noqa: S608  # ours

    assert agree(store, heads) == [False]


# Reading it


NEXT_DAY = NOW + timedelta(days=1)


def read(store: SqlStore, unit: Unit = UNIT, **query: Any) -> list[LoggedEntry]:
    with store.transaction() as records:
        return list(records.access_log.read(unit.id, LogQuery(**query)))


def found_by(store: SqlStore, **query: Any) -> list[int]:
    return [entry.number for entry in read(store, **query)]


@pytest.fixture
def busy(store: SqlStore) -> SqlStore:
    """1 about Anna, 2 about Bo; the day after, 3 by the program and 4 by Åsa, about nobody."""
    write_at(store, NOW, entry("visat mottagarlista"), entry("visat mottagarlista", about=BO))
    removed = LogEntry(actor=Actor("utskick", UNIT.id), activity=Activity.DELETE, act="raderat")
    asa = entry("visat loggen", actor=Actor("SE2321000131-P000000000009", UNIT.id), about=None)
    write_at(store, NEXT_DAY, removed, asa, entry("visat", actor=OTHER_STAFF))
    with store.transaction() as records:
        for staff_id, name in ((STAFF.name, "Karin Exempel"), (asa.actor.name, "Åsa Östlund")):
            who = StaffSession(staff_id=staff_id, name=name, commissions=(), unit_id=None)
            records.sessions.open(who, now=NOW)
    return store


def write_at(store: SqlStore, now: datetime, *entries: LogEntry) -> None:
    with store.transaction() as records:
        records.access_log.write(entries, now=now)


def test_an_entry_comes_back_with_the_name_of_whoever_did_it(busy: SqlStore) -> None:
    first = read(busy)[-1]

    assert first == LoggedEntry(
        number=1,
        at=NOW,
        actor=STAFF.name,
        actor_name="Karin Exempel",
        activity=Activity.READ,
        act="visat mottagarlista",
        personnummer=ANNA,
        dispatch_id=None,
    )


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [4, 3, 2, 1]),
    ({"limit": 2}, [4, 3]),
    ({"limit": 2, "before": 3}, [2, 1]),
    ({"staff": "utskick"}, [3]),
    ({"staff": "östlund"}, [4]),
    ({"staff": STAFF.name.lower()}, [2, 1]),
    ({"staff": "nobody"}, []),
    ({"personnummer": BO}, [2]),
    ({"personnummer": CILLA}, []),
    ({"activity": Activity.DELETE}, [3]),
    ({"from_day": date(2027, 2, 2)}, [4, 3]),
    ({"to_day": date(2027, 2, 1)}, [2, 1]),
    ({"from_day": date(2027, 2, 1), "to_day": date(2027, 2, 1), "staff": "karin"}, [2, 1]),
]


def test_each_filter_finds_its_own(busy: SqlStore, subtests: pytest.Subtests) -> None:
    for query, found in FILTERS:
        with subtests.test(query=query):
            assert found_by(busy, **query) == found


def test_a_day_begins_and_ends_at_midnight_in_sweden(store: SqlStore) -> None:
    midnight = datetime(2027, 2, 1, 23, tzinfo=UTC)
    write_at(store, midnight - timedelta(seconds=1), entry("kvällen"))
    write_at(store, midnight, entry("natten"))

    assert found_by(store, to_day=date(2027, 2, 1)) == [1]
    assert found_by(store, from_day=date(2027, 2, 2)) == [2]


def test_what_is_another_units_is_not_read(busy: SqlStore) -> None:
    (theirs,) = read(busy, OTHER_UNIT)

    assert theirs.actor == OTHER_STAFF.name
    assert found_by(busy, staff=OTHER_STAFF.name) == []


def test_the_administration_writes_without_being_a_unit(store: SqlStore) -> None:
    administration = HsaId("SE2321000131-E000000000001")
    write(store, entry("ändrat enhet", actor=Actor("somebody", administration), about=None))

    assert is_whole(store, administration)
    with store.transaction() as records:
        assert len(records.access_log.read(administration, LogQuery())) == 1
