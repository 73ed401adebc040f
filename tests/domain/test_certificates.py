"""Certificates: how long they last, and whose they are."""

from datetime import UTC, datetime, timedelta

import pytest

from utskick.domain.certificates import Certificate, CertificateState, hsa_id_of_subject

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
OURS = "SE2321000131-E000000000001"


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=31), CertificateState.GOOD),
        (timedelta(days=30), CertificateState.ENDS_SOON),
        (timedelta(seconds=1), CertificateState.ENDS_SOON),
        (timedelta(0), CertificateState.ENDED),
    ],
)
def test_it_ends_soon_thirty_days_before(left: timedelta, state: CertificateState) -> None:
    certificate = Certificate(setting="X", path="x", mark="x", ends_at=NOW + left)

    assert certificate.state(NOW) is state


@pytest.mark.parametrize(
    "subject",
    [
        OURS,
        OURS.lower(),
        f"serialNumber={OURS},CN=utskick.region.se,O=Region,C=SE",
        f"C=SE,O=Region, CN=utskick , SERIALNUMBER={OURS}",
        f"2.5.4.5={OURS}",
        f"CN=a\\, b\\+c+serialNumber={OURS}",
    ],
)
def test_the_serial_number_of_a_subject_says_whose_it_is(subject: str) -> None:
    assert hsa_id_of_subject(subject) == OURS


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "CN=utskick.region.se",
        f"CN=x\\,serialNumber={OURS}",
        f"CN=x\\+serialNumber={OURS}",
        f'CN="x,serialNumber={OURS},y"',
        f"CN=x\\\\\\,serialNumber={OURS}",
        f"serialNumber={OURS},serialNumber={OURS}",
        f"/C=SE/CN=x/serialNumber={OURS}",
        f"serialNumber={OURS},CN",
        "serialNumber=1234567890",
        f"CN={OURS}",
    ],
)
def test_a_name_that_only_looks_so_says_nothing(subject: str) -> None:
    assert hsa_id_of_subject(subject) is None
