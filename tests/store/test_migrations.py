"""The migrations make the tables that the code believes in."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Connection,
    Engine,
    Uuid,
    bindparam,
    column,
    delete,
    insert,
    select,
    table,
    text,
)

from tests.access_log import is_whole
from tests.clinic import STAFF, UNIT, open_store
from tests.postgresql import EMPTY, PostgresqlServer
from tests.vault import a_vault
from utskick.domain.deliveries import FormId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import Aim
from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.schedules import Interval, IntervalUnit, RedDayRule
from utskick.domain.starting import RefusedToStart
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.store.keys import KeysRefused
from utskick.store.log_keys import unkeyed_link
from utskick.store.tables import (
    AccessLogRow,
    DeliveryRow,
    DispatchRow,
    OccasionRow,
    Row,
    UtcDateTime,
)

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
TEMPLATE_ID = FormTemplateId(UUID(int=7))


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, for what is to be migrated with rows in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/utskick.db"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.fresh_database(template=EMPTY) as url:
        yield url


def test_a_migrated_database_has_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)

    assert differences == []


def set_of_revisions(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads())


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    before = set_of_revisions(engine)

    migrate(engine)

    assert set_of_revisions(engine) == before
    assert len(before) == 1


def test_a_mail_that_waits_when_the_tables_change_is_sent_to_those_it_is_for(
    old_database: str,
) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0004")
    add = text(
        'INSERT INTO error_report (id, subject, cause, text, "values", addresses, created_at,'
        " sent_at) VALUES (:id, 'paket', :cause, 'missed.txt', '{}', :addresses, :at, :sent_at)"
    )
    at, addresses = "2026-01-01 00:00:00", '["b@vgregion.se", "a@vgregion.se"]'
    with engine.begin() as connection:
        for number, sent_at in (("1", None), ("2", at)):
            key = {"id": number * 32, "cause": number}
            connection.execute(add, key | {"addresses": addresses, "at": at, "sent_at": sent_at})
    migrate(engine)
    engine.dispose()

    store = open_store(old_database)
    with store.transaction() as records:
        (waiting,) = records.error_reports.unsent(limit=9)
    store.close()

    assert waiting.id.hex == "1" * 32
    assert waiting.waiting == waiting.addresses == ("b@vgregion.se", "a@vgregion.se")


def test_what_was_sent_keeps_its_template_and_its_form_when_their_columns_are_renamed(
    old_database: str,
) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0007")
    with engine.begin() as connection:
        add_what_revision_7_knows_of(TEMPLATE_ID.hex, connection)
    migrate(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(DeliveryRow.template_id, DeliveryRow.form_id)).all()
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)
    engine.dispose()

    store = open_store(old_database)
    with store.transaction() as records:
        owned = records.deliveries.owned([FormId("the-form"), FormId(TEMPLATE_ID.hex)])
        subscribers = records.forms.subscribers(TEMPLATE_ID)
        (package,) = records.packages.all()
    store.close()

    assert [tuple(row) for row in rows] == [(TEMPLATE_ID, "the-form")]
    assert differences == []
    assert owned == {"the-form"}
    assert subscribers == {"unit"}
    assert package.template_ids == (TEMPLATE_ID,)


def test_a_package_by_weeks_still_is_when_intervals_have_units(old_database: str) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0020")
    with engine.begin() as connection:
        for key, weeks, occasions in (("weekly", 1, 8), ("monthly", 4, 3), ("once", 0, 1)):
            add = (
                "INSERT INTO package_template (key, version, name, resident_title, unit_ids,"
                " template_ids, interval_weeks, occasions, inbox_message, error_addresses)"
                " VALUES (:key, 1, :key, 'Paket', '[]', '[]', :weeks, :occasions, '', '[]')"
            )
            values = {"key": key, "weeks": weeks, "occasions": occasions}
            connection.execute(text(add), values)
    migrate(engine)
    engine.dispose()

    store = open_store(old_database)
    with store.transaction() as records:
        found = {package.key: package for package in records.packages.all()}
    store.close()

    assert {key: package.interval for key, package in found.items()} == {
        "weekly": Interval(1, IntervalUnit.WEEK),
        "monthly": Interval(4, IntervalUnit.WEEK),
        "once": None,
    }
    assert {package.red_days for package in found.values()} == {RedDayRule.WARN}


def test_an_occasion_that_waits_for_its_notices_still_does_when_its_aim_has_another_word(
    old_database: str,
) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0008")
    with engine.begin() as connection:
        add_an_occasion_of_revision_8("tell", connection)
    migrate(engine)

    with engine.connect() as connection:
        aim = connection.scalar(select(OccasionRow.aim))
    engine.dispose()

    assert aim == Aim.NOTIFY.value


def test_nothing_that_the_index_key_hashed_is_kept_of_a_submission(old_database: str) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0012")
    dispatch = text(
        "INSERT INTO dispatch (id, kind, unit_id, name, title, status, error_addresses,"
        " creates_inbox_message, inbox_message, form_banner, created_by, created_at,"
        " submission_key, content_seal) VALUES (:id, 'form', 'unit', '', '', 'ongoing', '[]',"
        " false, '', '', '', '2026-01-01 00:00:00', :key, :key)"
    )
    with engine.begin() as connection:
        unit = "INSERT INTO unit (hsa_id, name, phone) VALUES ('unit', 'Enhet', '031')"
        connection.execute(text(unit))
        for number in (1, 2):
            connection.execute(dispatch, {"id": UUID(int=number).hex, "key": f"hash {number}"})
    migrate(engine)
    with engine.connect() as connection:
        kept = connection.execute(
            select(DispatchRow.submission_key, DispatchRow.content_seal)
        ).all()
    engine.dispose()

    assert {UUID(row.submission_key) for row in kept} == {UUID(int=1), UUID(int=2)}
    assert {row.content_seal for row in kept} == {None}


def test_how_far_a_log_is_older_than_its_keys_is_noted_once(old_database: str) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0009")
    add_log_of_revision_9(engine, act="visat")

    with pytest.raises(RefusedToStart, match="run `utskick migrate` where the keys are"):
        migrate(engine)
    migrate(engine, vault=a_vault)
    upgraded = is_whole(SqlStore(engine, a_vault()), UNIT.id)
    with engine.begin() as connection:
        connection.execute(delete(AccessLogRow))
    add_log_of_revision_9(engine, act="annat")
    migrate(engine, vault=a_vault)

    assert upgraded
    assert not is_whole(SqlStore(engine, a_vault()), UNIT.id)
    engine.dispose()


def test_the_wrong_keys_seal_nothing_of_an_old_log(old_database: str) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0009")
    add_log_of_revision_9(engine, act="visat")
    sealed = a_vault("1").seal(b"somebody", row=UUID(int=1))
    person = table("person", *map(column, ("id", "ciphertext", "key_id", "blind_index")))
    with engine.begin() as connection:
        row = {"id": UUID(int=1).hex, "blind_index": "0" * 64, **asdict(sealed)}
        connection.execute(insert(person).values(row))

    with pytest.raises(KeysRefused, match="key 1, which this database is sealed with"):
        migrate(engine, vault=lambda: a_vault("2"))
    engine.dispose()


def add_log_of_revision_9(engine: Engine, *, act: str) -> None:
    previous = ""
    with engine.begin() as connection:
        for number in (1, 2):
            row = {
                "unit_id": UNIT.id,
                "number": number,
                "at": datetime(2026, 1, 1, tzinfo=UTC),
                "actor": "SE1",
                "activity": "Läsa",
                "act": act,
                "person_id": None,
                "dispatch_id": None,
            }
            previous = unkeyed_link(previous, row)
            old = table("access_log", *(column(name) for name in (*row, "hash")))
            at = "2026-01-01 00:00:00"
            connection.execute(insert(old).values(row | {"at": at, "hash": previous}))


def add_what_revision_7_knows_of(template_id: str, connection: Connection) -> None:
    """One sent form that somebody has been reminded of, and who may send its template."""
    for statement in (
        "INSERT INTO unit (hsa_id, name, phone) VALUES ('unit', 'Enhet', '031')",
        (
            "INSERT INTO form_template (id, key, name, resident_name, catalogue, version)"
            " VALUES (:template, 'phq', 'PHQ', 'Hur mår du?', 'national', 1)"
        ),
        "INSERT INTO subscription (unit_id, form_id) VALUES ('unit', :template)",
        (
            "INSERT INTO package_template (key, version, name, resident_title, unit_ids, form_ids,"
            " interval_weeks, occasions, inbox_message, error_addresses)"
            " VALUES ('paket', 1, 'Paket', 'Paket', '[\"unit\"]', :templates, 1, 1, '', '[]')"
        ),
        "INSERT INTO person (id, blind_index, ciphertext, key_id) VALUES (:person, 'b', '', 'k')",
        (
            "INSERT INTO delivery (id, dispatch_id, occasion_id, recipient_id, form_id, unit_id,"
            " person_id, occasion_number, position, package_name, form_name, answer_by,"
            " purge_after, state, attempt, retries, external_form_id, found_again)"
            " VALUES (:person, :person, :person, :person, :template, 'unit', :person, 1, 0,"
            " 'Paket', 'PHQ', '2026-01-01', '2026-02-01', 'sent', 1, 0, 'the-form', false)"
        ),
        (
            "INSERT INTO reminder (id, delivery_id, day, state, created_at, created_by)"
            " VALUES (:person, :person, '2026-01-01', 'sent', '2026-01-01 00:00:00', 'någon')"
        ),
    ):
        values = {
            "template": template_id,
            "templates": f'["{UUID(template_id)}"]',
            "person": UUID(int=1).hex,
        }
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), wanted)


def add_an_occasion_of_revision_8(aim: str, connection: Connection) -> None:
    for statement in (
        "INSERT INTO unit (hsa_id, name, phone) VALUES ('unit', 'Enhet', '031')",
        (
            "INSERT INTO dispatch (id, kind, unit_id, name, title, status, error_addresses,"
            " creates_inbox_message, inbox_message, form_banner, created_by, created_at,"
            " submission_key) VALUES (:id, 'package', 'unit', 'Paket', 'Paket', 'stopped', '[]',"
            " true, '', '', 'någon', '2026-01-01 00:00:00', 'nyckel')"
        ),
        (
            "INSERT INTO occasion (id, dispatch_id, number, local_date, local_time, zone,"
            " sends_at, state, version, registered, others_due, message_heading, message_text,"
            " late, unchecked_persons, unchecked_accounts, aim) VALUES (:id, :id, 1, '2026-01-01',"
            " '08:00', 'Europe/Stockholm', '2026-01-01 07:00:00', 'planned', 1, false, 0, '', '',"
            " false, 0, 0, :aim)"
        ),
    ):
        values = {"id": UUID(int=1).hex, "aim": aim}
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(text(statement), wanted)


def test_whoever_is_signed_in_at_the_upgrade_keeps_what_they_may_do(old_database: str) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0019")
    with engine.begin() as connection:
        member = table("staff_member", column("hsa_id"), column("name"))
        connection.execute(insert(member).values(hsa_id=STAFF.name, name="Karin"))
        connection.execute(
            text(
                "INSERT INTO staff_session (token_hash, staff_id, name, commissions, roles, id,"
                " place, created_at, seen_at) VALUES (:hash, :staff, 'Karin', '[]', :roles, :id,"
                " '', :at, :at)"
            ).bindparams(bindparam("id", type_=Uuid()), bindparam("at", type_=UtcDateTime())),
            {
                "hash": hashlib.sha256(b"token").hexdigest(),
                "staff": STAFF.name,
                "roles": json.dumps(["administrator", f"manager of {UNIT.id}"]),
                "id": UUID(int=1),
                "at": NOW,
            },
        )

    migrate(engine)

    with SqlStore(engine, a_vault()).transaction() as records:
        kept = records.sessions.get("token", now=NOW)
    engine.dispose()
    assert kept.provided == {
        ProvidedRight(Right.REGIONAL_ADMINISTRATION),
        ProvidedRight(Right.LOG, UNIT.id),
    }
