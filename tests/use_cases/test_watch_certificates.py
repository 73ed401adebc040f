"""Certificates that end soon are mailed to operators, each once a day."""

from datetime import timedelta

import pytest

from tests.clinic import Clinic
from utskick.domain.certificates import Certificate
from utskick.sending.report_errors import send_error_reports


def ends_in(clinic: Clinic, **left: float) -> Certificate:
    return Certificate(
        setting="UTSKICK_PLATFORM__CLIENT_CERTIFICATE",
        path="/etc/utskick/ours.pem",
        mark="f00d",
        ends_at=clinic.clock.now() + timedelta(**left),
    )


def mailed(clinic: Clinic) -> list[str]:
    clinic.watch_certificates(now=clinic.clock.now())
    send_error_reports(store=clinic.store, mailer=clinic.mailer, texts=clinic.texts)
    return [mail.subject for mail in clinic.mailer.sent]


def test_a_certificate_that_lasts_for_long_is_no_news(clinic: Clinic) -> None:
    clinic.certificates.held = [ends_in(clinic, days=31)]

    assert mailed(clinic) == []


def test_one_that_ends_soon_is_mailed_once_a_day_whoever_looks(clinic: Clinic) -> None:
    clinic.certificates.held = [ends_in(clinic, days=29, hours=1)] * 2

    assert mailed(clinic) == ["Certifikatet för tjänsteplattformen går ut snart"]
    assert "om 29 dagar" in clinic.mailer.sent[0].body
    assert len(mailed(clinic)) == 1

    clinic.clock.advance(24 * 3600)

    assert len(mailed(clinic)) == 2


@pytest.mark.parametrize(
    ("ends", "sentence"),
    [
        ({"hours": 25}, "om 1 dag."),
        ({"hours": 3}, "går ut 2027-02-01 15:00."),
        ({"hours": -1}, "gick ut 2027-02-01 11:00."),
    ],
)
def test_how_long_it_lasts_is_said_in_words(
    clinic: Clinic, ends: dict[str, float], sentence: str
) -> None:
    clinic.certificates.held = [ends_in(clinic, **ends)]

    mailed(clinic)

    assert sentence in clinic.mailer.sent[0].body


def test_a_file_of_no_use_is_mailed(clinic: Clinic) -> None:
    clinic.certificates.held = [
        Certificate(setting="UTSKICK_PLATFORM", path="x.pem", mark="x", ends_at=None)
    ]

    assert mailed(clinic) == ["Certifikatet för tjänsteplattformen går inte att använda"]
