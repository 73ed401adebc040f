"""Reports to the error addresses are kept until they have been mailed, one for each cause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select

from tests.store.ledger import NOW, change
from utskick.records import ErrorReport
from utskick.store import SqlStore
from utskick.store.tables import ErrorMailRow

DESK, UNIT = "formularhantering@vgregion.se", "enhet@vgregion.se"
REPORT = ErrorReport(
    id=uuid4(),
    subject="dispatch",
    cause="occasion-1-missed",
    text="missed.txt",
    values={"package_name": "Inför besök", "counts": [["Avliden", 1]]},
    addresses=(DESK, UNIT),
)


def add(store: SqlStore, report: ErrorReport) -> bool:
    with store.transaction() as records:
        return records.error_reports.add(report, now=NOW)


def unsent(store: SqlStore) -> list[ErrorReport]:
    with store.transaction() as records:
        return records.error_reports.unsent(limit=10)


def test_a_report_comes_back_as_it_was(store: SqlStore) -> None:
    assert add(store, REPORT)

    assert unsent(store) == [replace(REPORT, waiting=REPORT.addresses)]


def test_what_is_reported_can_be_read_before_and_after_it_has_been_mailed(store: SqlStore) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.sent(REPORT.id, REPORT.addresses)
        values = records.error_reports.values("dispatch", "occasion-1-missed")
        of_another = records.error_reports.values("dispatch", "occasion-2-missed")

    assert values == REPORT.values
    assert of_another is None


def test_the_same_cause_is_reported_once(store: SqlStore) -> None:
    add(store, REPORT)

    again = add(store, REPORT)
    with_another_id = add(store, replace(REPORT, id=uuid4()))
    other_cause = add(store, replace(REPORT, id=uuid4(), cause="occasion-2-missed"))

    assert (again, with_another_id, other_cause) == (False, False, True)


def test_a_report_that_has_been_mailed_is_not_mailed_again(store: SqlStore) -> None:
    add(store, REPORT)

    with store.transaction() as records:
        records.error_reports.sent(REPORT.id, REPORT.addresses)

    assert unsent(store) == []
    assert not add(store, REPORT)


def test_a_postponed_report_waits_for_its_moment(store: SqlStore, engine: Engine) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.postpone(REPORT.id, REPORT.addresses, seconds=3600)

    waiting = unsent(store)
    change(engine, "UPDATE error_mail SET retry_at = :past", past="2020-01-01 00:00:00")

    assert waiting == []
    assert unsent(store) == [replace(REPORT, waiting=REPORT.addresses)]


@pytest.mark.parametrize(
    ("waited_s", "pause_s"), [(0, 60), (30, 60), (300, 300), (1800, 1800), (86_400, 3600)]
)
def test_the_longer_a_report_has_waited_the_longer_it_waits_for_its_next_try(
    store: SqlStore, engine: Engine, waited_s: int, pause_s: int
) -> None:
    began = datetime.now(UTC)
    with store.transaction() as records:
        records.error_reports.add(REPORT, now=began - timedelta(seconds=waited_s))

        records.error_reports.postpone(REPORT.id, [UNIT], seconds=60, growing_to_s=3600)

    with engine.connect() as connection:
        again_at = connection.scalar(
            select(ErrorMailRow.retry_at).where(ErrorMailRow.address == UNIT)
        )
    assert again_at is not None
    # However long the test took itself.
    pause = again_at - began
    assert (
        timedelta(seconds=pause_s - 1)
        <= pause
        <= 2 * (datetime.now(UTC) - began) + timedelta(seconds=pause_s)
    )


def test_each_address_waits_by_itself(store: SqlStore, engine: Engine) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.sent(REPORT.id, [DESK])
        records.error_reports.postpone(REPORT.id, [UNIT], seconds=3600)
    change(engine, "UPDATE error_mail SET retry_at = :past", past="2020-01-01 00:00:00")

    assert unsent(store) == [replace(REPORT, waiting=(UNIT,))]


def test_an_address_that_comes_later_gets_what_was_mailed_before(store: SqlStore) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.sent(REPORT.id, REPORT.addresses)

    assert add(store, replace(REPORT, addresses=(DESK, "chef@vgregion.se")))

    (report,) = unsent(store)
    assert report.waiting == ("chef@vgregion.se",)
    assert report.addresses == (DESK, UNIT, "chef@vgregion.se")


def test_whoever_refuses_is_asked_again_for_a_week_and_reported_until_it_takes_one(
    store: SqlStore, engine: Engine
) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.refused(REPORT.id, [UNIT], seconds=-1)
        refusing = records.error_reports.refusing()

    again = unsent(store)
    change(engine, "UPDATE error_mail SET retry_at = NULL")
    change(engine, "UPDATE error_report SET created_at = :past", past="2020-01-01 00:00:00")
    given_up = unsent(store)
    with store.transaction() as records:
        still_refusing = records.error_reports.refusing()
        records.error_reports.sent(REPORT.id, [UNIT])
        taken = records.error_reports.refusing()

    assert [UNIT in report.waiting for report in (*again, *given_up)] == [True, False]
    assert (refusing, still_refusing, taken) == ({UNIT}, {UNIT}, set())
