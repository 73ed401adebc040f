"""Reports to the error addresses are kept until they have been mailed, one for each cause."""

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Engine

from tests.store.ledger import NOW, change
from utskick.records import ErrorReport
from utskick.store import SqlStore

REPORT = ErrorReport(
    id=uuid4(),
    subject="dispatch",
    cause="occasion-1-missed",
    text="missed.txt",
    values={"package_name": "Inför besök", "counts": [["Avliden", 1]]},
    addresses=("formularhantering@vgregion.se", "enhet@vgregion.se"),
)


def add(store: SqlStore, report: ErrorReport) -> bool:
    with store.transaction() as records:
        return records.error_reports.add(report, now=NOW)


def unsent(store: SqlStore) -> list[ErrorReport]:
    with store.transaction() as records:
        return records.error_reports.unsent(limit=10)


def test_a_report_comes_back_as_it_was(store: SqlStore) -> None:
    assert add(store, REPORT)

    assert unsent(store) == [REPORT]


def test_what_is_told_can_be_read_before_and_after_it_has_been_mailed(store: SqlStore) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.sent(REPORT.id)
        told = records.error_reports.told("dispatch", "occasion-1-missed")
        of_another = records.error_reports.told("dispatch", "occasion-2-missed")

    assert told == REPORT.values
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
        records.error_reports.sent(REPORT.id)

    assert unsent(store) == []
    assert not add(store, REPORT)


def test_a_postponed_report_waits_for_its_moment(store: SqlStore, engine: Engine) -> None:
    add(store, REPORT)
    with store.transaction() as records:
        records.error_reports.postpone(REPORT.id, seconds=3600)

    waiting = unsent(store)
    change(engine, "UPDATE error_report SET retry_at = :past", past="2020-01-01 00:00:00")

    assert waiting == []
    assert unsent(store) == [REPORT]
