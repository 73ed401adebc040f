"""E-postavisering vid eventuella fel: at least once, always with the same Message-ID (I10)."""

import pytest

from tests.clinic import Clinic
from tests.use_cases.clinic_days import AWAY, mails
from utskick.ports import PermanentFailure, UnknownOutcome
from utskick.records import ErrorReport
from utskick.use_cases.report_errors import report, send_error_reports

VALUES = {
    "package_name": "Inför besök",
    "unit_name": "Mottagningen",
    "unit_id": "SE2321000131-E000000000101",
    "archived": ["PHQ-9"],
    "unsubscribed": [],
}


def keep_one(clinic: Clinic, *, cause: str = "blocked") -> None:
    with clinic.store.transaction() as records:
        report(
            records,
            subject="paket",
            cause=cause,
            text="blocked_start.txt",
            values=VALUES,
            addresses=("formularhantering@vgregion.se", "chef@vgregion.se"),
            now=clinic.clock.now(),
        )


def send(clinic: Clinic) -> int:
    return send_error_reports(store=clinic.store, mailer=clinic.mailer, texts=clinic.texts)


def waiting(clinic: Clinic) -> list[ErrorReport]:
    with clinic.store.transaction() as records:
        return records.error_reports.unsent(limit=9)


def let_the_pause_pass(clinic: Clinic, kept: ErrorReport) -> None:
    with clinic.store.transaction() as records:
        records.error_reports.postpone(kept.id, seconds=-1)


def test_a_report_becomes_one_mail_to_all_addresses(clinic: Clinic) -> None:
    keep_one(clinic)

    sent, again = send(clinic), send(clinic)

    (mail,) = clinic.mailer.sent
    assert (sent, again) == (1, 0)
    assert mail.to == ("formularhantering@vgregion.se", "chef@vgregion.se")
    assert mail.subject == "Paketutskick kunde inte startas: Inför besök, Mottagningen"
    assert mail.body.startswith("Paketutskicket ”Inför besök” kunde inte startas.")


def test_the_same_cause_is_mailed_once(clinic: Clinic) -> None:
    keep_one(clinic)
    send(clinic)
    keep_one(clinic)
    keep_one(clinic, cause="something else")

    assert len(mails(clinic)) == 2


@pytest.mark.parametrize("failure", [AWAY, UnknownOutcome("no answer"), PermanentFailure("no")])
def test_a_mail_that_did_not_go_is_kept_and_waits(clinic: Clinic, failure: Exception) -> None:
    keep_one(clinic)
    (kept,) = waiting(clinic)
    let_the_pause_pass(clinic, kept)
    clinic.mailer.fails_before.append(failure)

    assert send(clinic) == 0
    assert waiting(clinic) == []
    let_the_pause_pass(clinic, kept)
    assert send(clinic) == 1


def test_a_mail_that_somebody_is_sending_is_not_sent_by_another(clinic: Clinic) -> None:
    keep_one(clinic)

    assert len(waiting(clinic)) == 1
    assert send(clinic) == 0


def test_a_mail_sent_twice_has_the_same_message_id(clinic: Clinic) -> None:
    keep_one(clinic)
    (kept,) = waiting(clinic)
    let_the_pause_pass(clinic, kept)
    clinic.mailer.fails_after.append(UnknownOutcome("no answer"))
    send(clinic)
    let_the_pause_pass(clinic, kept)
    send(clinic)

    first, second = clinic.mailer.sent
    assert first == second
    assert first.message_id == f"<{kept.id}@utskick>"


def test_one_mail_that_cannot_go_does_not_stop_the_next(clinic: Clinic) -> None:
    keep_one(clinic, cause="first")
    keep_one(clinic, cause="second")
    clinic.mailer.fails_before.append(AWAY)

    assert send(clinic) == 1


def test_a_report_is_undone_with_what_it_tells_of(clinic: Clinic) -> None:
    with pytest.raises(RuntimeError), clinic.store.transaction() as records:
        report(
            records,
            subject="paket",
            cause="blocked",
            text="blocked_start.txt",
            values=VALUES,
            addresses=(),
            now=clinic.clock.now(),
        )
        raise RuntimeError

    assert waiting(clinic) == []
