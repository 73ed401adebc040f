"""E-postavisering vid eventuella fel: at least once, always with the same Message-ID (I10)."""

import pytest

from tests.adapters.scripted_relay import HANG_UP, ScriptedRelay, relay
from tests.clinic import Clinic
from tests.use_cases.clinic_days import AWAY, mails
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.smtp_relay import SmtpRelay
from utskick.ports import Mailer, PermanentFailure, UnknownOutcome
from utskick.records import ErrorReport
from utskick.sending.report_errors import (
    Mailed,
    refusing_addresses,
    report,
    send_error_reports,
)

VALUES = {
    "package_name": "Inför besök",
    "unit_name": "Mottagningen",
    "unit_id": "SE2321000131-E000000000101",
    "archived": ["PHQ-9"],
    "unsubscribed": [],
}


DESK, MANAGER = "formularhantering@vgregion.se", "chef@vgregion.se"


def keep_one(
    clinic: Clinic, *, cause: str = "blocked", addresses: tuple[str, ...] = (DESK, MANAGER)
) -> None:
    with clinic.store.transaction() as records:
        report(
            records,
            subject="paket",
            cause=cause,
            text="blocked_start.txt",
            values=VALUES,
            addresses=addresses,
            now=clinic.clock.now(),
        )


def send(clinic: Clinic) -> int:
    return send_all(clinic).mails


def send_all(clinic: Clinic, mailer: Mailer | None = None) -> Mailed:
    return send_error_reports(
        store=clinic.store, mailer=mailer or clinic.mailer, texts=clinic.texts
    )


def got_by(clinic: Clinic, address: str) -> list[str]:
    return [mail.message_id for taker, mail in clinic.mailer.received if taker == address]


def waiting(clinic: Clinic) -> list[ErrorReport]:
    with clinic.store.transaction() as records:
        return records.error_reports.unsent(limit=9)


def let_the_pause_pass(clinic: Clinic, kept: ErrorReport) -> None:
    with clinic.store.transaction() as records:
        records.error_reports.postpone(kept.id, kept.addresses, seconds=-1)


def test_a_report_becomes_one_mail_to_all_addresses(clinic: Clinic) -> None:
    keep_one(clinic)

    sent, again = send(clinic), send(clinic)

    (mail,) = clinic.mailer.sent
    assert (sent, again) == (1, 0)
    assert mail.to == (DESK, MANAGER)
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


@pytest.mark.parametrize("how", ["deferred", "refused"])
def test_each_address_gets_its_mail_by_itself(clinic: Clinic, how: str) -> None:
    keep_one(clinic)
    (kept,) = waiting(clinic)
    let_the_pause_pass(clinic, kept)
    getattr(clinic.mailer, how).add(MANAGER)
    send(clinic)
    let_the_pause_pass(clinic, kept)
    send(clinic)
    before = got_by(clinic, MANAGER)
    getattr(clinic.mailer, how).clear()
    let_the_pause_pass(clinic, kept)

    send(clinic)

    assert before == []
    assert got_by(clinic, MANAGER) == got_by(clinic, DESK) == [f"<{kept.id}@utskick>"]


def test_an_address_that_refuses_is_reported_and_not_asked_at_once(clinic: Clinic) -> None:
    keep_one(clinic)
    clinic.mailer.refused.add(MANAGER)

    mailed, at_once = send_all(clinic), send_all(clinic)

    assert (str(mailed), str(at_once)) == ("1 mails, 1 addresses refuse theirs", "0 mails")
    assert refusing_addresses(store=clinic.store) == {MANAGER}


def test_an_address_that_is_added_gets_what_the_others_have_got(clinic: Clinic) -> None:
    keep_one(clinic, addresses=(DESK,))
    send(clinic)
    keep_one(clinic, addresses=(DESK, MANAGER))
    send(clinic)

    assert len(got_by(clinic, DESK)) == len(got_by(clinic, MANAGER)) == 1


def test_a_relay_that_dies_between_two_addresses_gets_the_same_mail_again(
    clinic: Clinic,
) -> None:
    keep_one(clinic)
    (kept,) = waiting(clinic)
    let_the_pause_pass(clinic, kept)
    with relay(**{f"rcpt TO:<{MANAGER}>": HANG_UP}) as dying:
        first = send_all(clinic, smtp(dying))
    let_the_pause_pass(clinic, kept)
    with relay(**{f"rcpt TO:<{MANAGER}>": "450 Later"}) as deferring:
        second = send_all(clinic, smtp(deferring))
    let_the_pause_pass(clinic, kept)
    with relay() as well:
        third = send_all(clinic, smtp(well))

    assert [each.mails for each in (first, second, third)] == [0, 1, 1]
    assert f"rcpt TO:<{DESK}>" not in well.heard
    (id_of_second,), (id_of_third,) = deferring.message_ids, well.message_ids
    assert id_of_second == id_of_third == f"<{kept.id}@utskick>"
    assert dying.message_ids == []


def smtp(scripted: ScriptedRelay) -> SmtpMailer:
    return SmtpMailer(
        SmtpRelay(host="127.0.0.1", port=scripted.port), sender="utskick@vgregion.se"
    )


def test_one_mail_that_cannot_go_does_not_stop_the_next(clinic: Clinic) -> None:
    keep_one(clinic, cause="first")
    keep_one(clinic, cause="second")
    clinic.mailer.fails_before.append(AWAY)

    assert send(clinic) == 1


def test_a_report_is_undone_with_what_it_reports(clinic: Clinic) -> None:
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


def test_whatever_waits_goes_at_once(clinic: Clinic) -> None:
    for number in range(30):
        keep_one(clinic, cause=f"blocked {number}")

    assert send(clinic) == 30
    assert len(got_by(clinic, DESK)) == len(got_by(clinic, MANAGER)) == 30


def test_a_relay_that_is_away_is_not_asked_about_all_that_waits(clinic: Clinic) -> None:
    for number in range(30):
        keep_one(clinic, cause=f"blocked {number}")
    clinic.mailer.fails_before.extend([AWAY] * 30)

    assert send(clinic) == 0
    assert len(clinic.mailer.fails_before) >= 20
