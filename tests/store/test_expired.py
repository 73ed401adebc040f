"""What is kept no longer goes, a few rows at a time, and takes nothing with it that is needed."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from tests.access_log import is_whole
from tests.clinic import OTHER_UNIT, PHQ, STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, PURGE_AFTER, Ledger, a_dispatch, change, under_way
from utskick.adapters.in_memory import InMemoryLogHeads
from utskick.domain.personnummer import Personnummer
from utskick.domain.staff import StaffSession
from utskick.domain.units import Activity, Actor, HsaId
from utskick.ports import InboxUser
from utskick.records import ErrorReport, LogEntry
from utskick.store import SqlStore
from utskick.store.data_keys import DataKeys
from utskick.store.log_keys import PURPOSE, LogKey, unkeyed_link
from utskick.store.tables import AccessLogRow, LogStartRow, PersonRow, ReminderRow, Row
from utskick.store.vault import Vault

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = PURGE_AFTER + timedelta(days=1)


def rows(engine: Engine, table: type[Row]) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


# Forms in Uppföljning


def delete_forms(
    store: SqlStore, *, today: date = LATER, marked_before: datetime = LONG_AGO, limit: int = 9
) -> Mapping[HsaId, int]:
    with store.transaction() as records:
        return records.expired.delete_forms(
            purge_after_before=today, marked_before=marked_before, limit=limit
        )


@pytest.fixture
def sent_and_over(store: SqlStore) -> Ledger:
    """Anna and Bo have got a form of a dispatch that is listed no more."""
    ledger = under_way(store, a_dispatch(forms=(PHQ,)))
    ledger.send()
    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)
    return ledger


def test_forms_go_when_their_time_has_come_and_not_before(
    store: SqlStore, sent_and_over: Ledger
) -> None:
    del sent_and_over

    assert delete_forms(store, today=PURGE_AFTER) == {}
    assert delete_forms(store) == {UNIT.id: 2}
    assert delete_forms(store) == {}


def test_forms_go_a_few_at_a_time(store: SqlStore, sent_and_over: Ledger) -> None:
    del sent_and_over

    assert [delete_forms(store, limit=1) for _ in range(3)] == [{UNIT.id: 1}, {UNIT.id: 1}, {}]


def test_forms_that_staff_have_marked_go_sooner(
    store: SqlStore, engine: Engine, sent_and_over: Ledger
) -> None:
    del sent_and_over
    change(engine, "UPDATE delivery SET purged_at = '2027-01-01 00:00:00' WHERE position = 0")

    gone = delete_forms(store, today=date(2027, 1, 2), marked_before=NOW)

    assert gone == {UNIT.id: 1}


def test_reminders_go_with_their_form(
    store: SqlStore, engine: Engine, sent_and_over: Ledger
) -> None:
    del sent_and_over
    change(
        engine,
        "INSERT INTO reminder (id, delivery_id, day, state, created_at, created_by)"
        " SELECT id, id, '2027-02-02', 'sent', '2027-02-02 00:00:00', 'SE1' FROM delivery",
    )

    delete_forms(store)

    assert rows(engine, ReminderRow) == 0


@pytest.mark.parametrize("state", ["planned", "sending", "unknown"])
def test_what_may_still_be_sent_stays(
    store: SqlStore, engine: Engine, sent_and_over: Ledger, state: str
) -> None:
    del sent_and_over
    change(engine, "UPDATE delivery SET state = :state WHERE position = 0", state=state)

    assert delete_forms(store) == {UNIT.id: 1}


def test_forms_of_a_dispatch_that_is_still_listed_stay(store: SqlStore) -> None:
    under_way(store, a_dispatch(forms=(PHQ,))).send()

    assert delete_forms(store) == {}


# Persons


def delete_persons(store: SqlStore, *, limit: int = 9) -> int:
    deleted, last = 0, None
    while True:
        with store.transaction() as records:
            number, last = records.expired.delete_persons(after=last, limit=limit)
        deleted += number
        if last is None:
            return deleted


def seen(store: SqlStore, *numbers: Personnummer) -> None:
    log(store, *numbers, now=LONG_AGO)


def log(store: SqlStore, *numbers: Personnummer | None, now: datetime = NOW) -> None:
    entries = [
        LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=number)
        for number in numbers
    ]
    with store.transaction() as records:
        records.access_log.write(entries, now=now)


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_persons_go_when_nothing_refers_to_them(
    store: SqlStore, engine: Engine, limit: int
) -> None:
    under_way(store, a_dispatch(forms=(PHQ,)), numbers=(BO,))
    seen(store, ANNA, BO, CILLA)
    change(engine, "DELETE FROM access_log WHERE number < 3")

    deleted = delete_persons(store, limit=limit)

    assert (deleted, rows(engine, PersonRow)) == (1, 2)


def test_somebody_whom_the_inbox_was_just_asked_about_keeps_nobody_else(
    store: SqlStore, engine: Engine
) -> None:
    seen(store, ANNA, BO)
    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: InboxUser(active=True, notified_by=())}, now=NOW)
    change(engine, "DELETE FROM access_log WHERE number < 3")

    deleted = delete_persons(store)

    assert (deleted, rows(engine, PersonRow)) == (1, 1)


# Staff, and mails


def test_names_of_staff_go_long_after_their_last_sign_in(store: SqlStore) -> None:
    for staff_id, at in (("SE1", LONG_AGO), ("SE2", NOW)):
        who = StaffSession(staff_id=staff_id, name=staff_id, commissions=(), unit_id=None)
        with store.transaction() as records:
            records.sessions.open(who, now=at)
    delete_staff = NOW - timedelta(days=1)
    with store.transaction() as records:
        with_a_session = records.expired.delete_staff(delete_staff, limit=9)
        records.sessions.delete_before(delete_staff)
        without = records.expired.delete_staff(delete_staff, limit=9)
        left = records.sessions.names(["SE1", "SE2"])

    assert (with_a_session, without) == (0, 1)
    assert left == {"SE2": "SE2"}


def report(cause: str) -> ErrorReport:
    return ErrorReport(
        id=uuid4(), subject="s", cause=cause, text="late.txt", addresses=("a@example.org",)
    )


def test_mails_go_when_they_have_been_sent(store: SqlStore) -> None:
    waiting, mailed, new = report("waits"), report("mailed"), report("new")
    with store.transaction() as records:
        for each, at in ((waiting, LONG_AGO), (mailed, LONG_AGO), (new, NOW)):
            records.error_reports.add(each, now=at)
        records.error_reports.sent(mailed.id, mailed.addresses)
        deleted = records.expired.delete_reports(NOW, limit=9)
        left = [records.error_reports.values("s", each.cause) for each in (waiting, mailed, new)]

    assert deleted == 1
    assert [values is None for values in left] == [False, True, False]


# The access log


def purge(store: SqlStore, *, before: datetime = NOW, limit: int = 9) -> int:
    with store.transaction() as records:
        return records.access_log.purge(UNIT.id, before=before, limit=limit, now=NOW)


def numbers(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(AccessLogRow.number).order_by(AccessLogRow.number)))


@pytest.fixture
def long_kept(store: SqlStore) -> SqlStore:
    """Three entries of long ago, and two of today."""
    log(store, ANNA, BO, None, now=LONG_AGO)
    log(store, ANNA, None)
    return store


def test_the_oldest_entries_go_and_the_rest_is_still_whole(
    long_kept: SqlStore, engine: Engine
) -> None:
    gone = [purge(long_kept, limit=2) for _ in range(3)]

    assert (gone, numbers(engine)) == ([2, 1, 0], [4, 5])
    assert is_whole(long_kept, UNIT.id)


def test_when_all_have_gone_the_next_entry_follows_from_them(
    long_kept: SqlStore, engine: Engine
) -> None:
    purge(long_kept, before=NOW + timedelta(days=1))
    log(long_kept, CILLA)

    assert numbers(engine) == [6]
    assert is_whole(long_kept, UNIT.id)


def test_another_units_log_is_another(long_kept: SqlStore, engine: Engine) -> None:
    other = LogEntry(actor=Actor(STAFF.name, OTHER_UNIT.id), activity=Activity.READ, act="visat")
    with long_kept.transaction() as records:
        records.access_log.write([other], now=LONG_AGO)

    purge(long_kept)

    assert numbers(engine) == [1, 4, 5]
    assert is_whole(long_kept, OTHER_UNIT.id)


def test_heads_of_what_has_gone_speak_against_nobody(long_kept: SqlStore, engine: Engine) -> None:
    heads = InMemoryLogHeads()
    with long_kept.transaction() as records:
        heads.add(records.access_log.heads(now=NOW))
    purge(long_kept, before=NOW + timedelta(days=1))

    assert is_whole(long_kept, UNIT.id, heads)
    with long_kept.transaction() as records:
        assert records.access_log.agrees(heads.kept[0])


def test_what_follows_the_purged_cannot_be_linked_again_without_a_key(
    long_kept: SqlStore, engine: Engine
) -> None:
    purge(long_kept)

    relink(engine, unkeyed_link, key_number=None)

    assert not is_whole(long_kept, UNIT.id)


def test_what_follows_the_purged_has_no_older_key_than_they_had(
    long_kept: SqlStore, engine: Engine, vault: Vault
) -> None:
    with Session(engine) as session, session.begin():
        keys = DataKeys(session, vault, PURPOSE)
        stolen = LogKey(1, keys.all()[1])
        keys.add()
    log(long_kept, ANNA, now=NOW)
    log(long_kept, BO, now=NOW + timedelta(days=2))
    purge(long_kept, before=NOW + timedelta(days=1))

    relink(engine, stolen.entry_seal, key_number=1)

    assert not is_whole(long_kept, UNIT.id)


def relink(
    engine: Engine, seal: Callable[[str, dict[str, Any]], str], *, key_number: int | None
) -> None:
    """Have the entries that are left say something else, and link them to those purged."""
    rows = select(AccessLogRow.__table__).order_by(AccessLogRow.number)
    with engine.begin() as connection:
        previous = connection.scalar(select(LogStartRow.hash)) or ""
        for found in connection.execute(rows).mappings().all():
            row = dict(found) | {"act": "annat"}
            previous = seal(previous, row)
            connection.execute(
                update(AccessLogRow)
                .where(AccessLogRow.number == row["number"])
                .values(act=row["act"], key_number=key_number, hash=previous)
            )


@pytest.mark.parametrize(
    "deed",
    [
        "DELETE FROM log_start",
        "UPDATE log_start SET last_key = NULL",
        "UPDATE log_start SET number = 4",
        "UPDATE log_start SET hash = '0'",
        "DELETE FROM access_log WHERE number = 4",
    ],
)
def test_nobody_else_can_make_a_log_begin_later(
    long_kept: SqlStore, engine: Engine, deed: str
) -> None:
    purge(long_kept)

    change(engine, deed)

    assert not is_whole(long_kept, UNIT.id)


def test_what_somebody_has_changed_stays_as_evidence_with_all_after_it(
    long_kept: SqlStore, engine: Engine
) -> None:
    change(engine, "UPDATE access_log SET act = 'annat' WHERE number = 2")

    assert purge(long_kept) == 1
    assert purge(long_kept) == 0
    assert numbers(engine) == [2, 3, 4, 5]
