"""Whoever can change the database cannot change what was written beside it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, STAFF, UNIT, Clinic
from utskick.domain.log_chain import LogCheck, LogFault
from utskick.domain.units import Activity, Actor
from utskick.ports import Mail
from utskick.records import LogEntry
from utskick.sending.report_errors import send_error_reports
from utskick.use_cases.check_access_log import (
    HeadsWritten,
)


def write(clinic: Clinic, number: int = 1, actor: Actor = STAFF) -> None:
    """Each a minute after the one before."""
    for _ in range(number):
        clinic.clock.moment += timedelta(minutes=1)
        entry = LogEntry(actor=actor, activity=Activity.READ, act="visat")
        with clinic.store.transaction() as records:
            records.access_log.write([entry], now=clinic.clock.now())


def write_heads(clinic: Clinic, *mail_to: str) -> HeadsWritten:
    return clinic.check_access_log.write_heads(mail_to=mail_to, now=clinic.clock.now())


def check(clinic: Clinic) -> LogCheck:
    return clinic.check_access_log.check_log(UNIT.id)


def found(clinic: Clinic) -> list[tuple[LogFault, int, int]]:
    return [(each.fault, each.first, each.last) for each in check(clinic).findings]


def mails(clinic: Clinic) -> list[Mail]:
    send_error_reports(store=clinic.store, mailer=clinic.mailer, texts=clinic.texts)
    return clinic.mailer.sent


def change(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def database(clinic: Clinic, tmp_path: Path) -> Path:
    """Of a unit whose log had four entries when its head was last written."""
    write(clinic, 4)
    write_heads(clinic)
    return tmp_path / "utskick.db"


def test_an_untouched_log_is_whole_as_far_as_its_head(clinic: Clinic, database: Path) -> None:
    del database
    write(clinic)

    checked = check(clinic)

    assert checked.whole
    assert checked.entries == 5
    assert checked.head == clinic.log_heads.newest(UNIT.id)


def test_the_last_entry_is_cut(clinic: Clinic, database: Path) -> None:
    change(database, "DELETE FROM access_log WHERE number = 4")

    assert found(clinic) == [(LogFault.MISSING, 4, 4)]
    assert check(clinic).findings[0].seen_at == clinic.clock.now()


def test_all_entries_are_deleted(clinic: Clinic, database: Path) -> None:
    change(database, "DELETE FROM access_log")

    assert found(clinic) == [(LogFault.MISSING, 1, 4)]
    assert clinic.check_access_log.logs(now=clinic.clock.now()) == [UNIT.id]


def test_an_older_copy_of_the_log_is_put_in_its_place(
    clinic: Clinic, database: Path, tmp_path: Path
) -> None:
    """Its own chain holds, to the last link."""
    older = tmp_path / "older.db"
    clinic.store.close()
    shutil.copy(database, older)
    write(clinic, 2)
    write_heads(clinic)
    clinic.store.close()

    shutil.copy(older, database)
    write(clinic)

    assert found(clinic) == [(LogFault.MISSING, 6, 6)]


def test_one_is_changed_and_all_are_sealed_anew(clinic: Clinic, database: Path) -> None:
    """Whoever has the keys too can write a chain that holds: another than the one that was."""
    change(database, "DELETE FROM access_log WHERE number > 2")
    write(clinic, 3)

    assert found(clinic) == [(LogFault.EXCHANGED, 1, 4)]


def test_a_head_that_somebody_wrote_into_the_file_is_named(clinic: Clinic) -> None:
    write(clinic)
    write_heads(clinic)
    clinic.log_heads.kept[0] = replace(clinic.log_heads.kept[0], number=9)

    assert found(clinic) == [(LogFault.FORGED, 9, 9)]


def test_heads_from_a_mail_speak_as_well(clinic: Clinic, database: Path) -> None:
    kept, clinic.log_heads.kept = clinic.log_heads.kept, []
    change(database, "DELETE FROM access_log WHERE number = 4")

    alone = check(clinic)
    against = clinic.check_access_log.check_log(UNIT.id, more=kept)

    assert alone.whole
    assert alone.head is None
    assert not against.whole


def test_a_check_is_logged_and_followed_by_a_head(clinic: Clinic, log: Log) -> None:
    write(clinic)

    clinic.check_access_log(actor=STAFF, now=clinic.clock.now())

    assert log()[-1] == "Läsa: kontrollerat loggen"
    assert [head.number for head in clinic.log_heads.kept] == [2]


def test_a_full_disk_keeps_no_check_from_saying_what_it_has_found(clinic: Clinic) -> None:
    write(clinic)
    clinic.log_heads.fails_with.append(OSError("no space left"))

    found = clinic.check_access_log(actor=STAFF, now=clinic.clock.now())

    assert found.whole
    assert clinic.log_heads.kept == []
    assert write_heads(clinic) == HeadsWritten(1)


# Writing heads


def test_a_head_is_written_for_each_log_that_has_grown(clinic: Clinic, database: Path) -> None:
    del database

    unchanged = write_heads(clinic)
    write(clinic, actor=OTHER_STAFF)
    grown = write_heads(clinic)

    assert (unchanged, grown) == (HeadsWritten(0), HeadsWritten(1))
    assert [head.number for head in clinic.log_heads.kept] == [4, 1]


@pytest.mark.parametrize("number", [4, 0])
def test_once_a_head_does_not_agree_it_stays_the_last_and_is_reported_once(
    clinic: Clinic, database: Path, number: int
) -> None:
    change(database, f"DELETE FROM access_log WHERE number >= {number}")  # noqa: S608  # ours
    broken = write_heads(clinic)
    write(clinic, 3)
    still = write_heads(clinic)

    assert broken == still == HeadsWritten(0, (UNIT.id,))
    assert clinic.log_heads.kept[-1].number == 4
    [mail] = mails(clinic)
    assert mail.subject == f"Loggen har ändrats: {UNIT.id}"
    assert "Post 4" in mail.body
    assert clinic.rules.forms_desk in mail.to


def test_after_a_restored_backup_heads_are_written_again(clinic: Clinic, database: Path) -> None:
    change(database, "DELETE FROM access_log WHERE number > 2")

    clinic.mark_restored(now=clinic.clock.now())
    again = write_heads(clinic)

    assert again == HeadsWritten(1)
    assert check(clinic).whole
    assert check(clinic).restored == [clinic.clock.now()]


def test_a_unit_that_the_backup_does_not_know_is_explained_too(
    clinic: Clinic, database: Path
) -> None:
    change(database, "DELETE FROM access_log")

    clinic.mark_restored(now=clinic.clock.now())

    assert check(clinic).whole


def test_all_heads_are_mailed_once_a_day(clinic: Clinic, database: Path) -> None:
    del database
    write(clinic, actor=OTHER_STAFF)

    for _ in range(3):
        write_heads(clinic, "logg@vgregion.se")

    [mail] = mails(clinic)
    assert mail.to == ("logg@vgregion.se",)
    assert mail.body.count('"seal"') == 2

    clinic.clock.moment += timedelta(days=1)
    write_heads(clinic, "logg@vgregion.se")
    assert len(mails(clinic)) == 2
