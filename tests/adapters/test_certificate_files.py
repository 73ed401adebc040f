"""What the files of certificates hold: when they end, and whether they are of use."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.certificates import a_certificate
from utskick.adapters.certificate_files import CertificateFiles
from utskick.adapters.tls import TlsFiles
from utskick.domain.certificates import CertificateState


def looked_at(files: TlsFiles) -> list[tuple[str, CertificateState]]:
    now = datetime.now(UTC)
    seen = CertificateFiles({"UTSKICK_PLATFORM": files}).look()
    return [(each.setting, each.state(now)) for each in seen]


def test_ours_ends_with_the_first_of_its_chain(tmp_path: Path) -> None:
    ours = a_certificate(tmp_path / "ours.pem", lasts=timedelta(days=100))
    above = a_certificate(tmp_path / "above.pem", lasts=timedelta(days=10))
    ours.write_bytes(ours.read_bytes() + above.read_bytes())

    assert looked_at(TlsFiles(certificate=ours)) == [
        ("UTSKICK_PLATFORM__CLIENT_CERTIFICATE", CertificateState.ENDS_SOON)
    ]


def test_authorities_last_as_long_as_one_of_them(tmp_path: Path) -> None:
    old = a_certificate(tmp_path / "old.pem", lasts=-timedelta(days=1))
    assert looked_at(TlsFiles(authorities=old)) == [
        ("UTSKICK_PLATFORM__CA_FILE", CertificateState.ENDED)
    ]

    heir = a_certificate(tmp_path / "heir.pem", lasts=timedelta(days=100))
    old.write_bytes(old.read_bytes() + heir.read_bytes())

    assert looked_at(TlsFiles(authorities=old)) == [
        ("UTSKICK_PLATFORM__CA_FILE", CertificateState.GOOD)
    ]


def test_what_cannot_be_used_is_named_by_its_group(tmp_path: Path) -> None:
    broken = tmp_path / "ours.pem"
    broken.write_text("half of it")

    assert looked_at(TlsFiles(certificate=broken)) == [
        ("UTSKICK_PLATFORM", CertificateState.UNUSABLE)
    ]


def test_what_openssl_alone_can_read_costs_none_of_the_others(tmp_path: Path) -> None:
    odd = tmp_path / "authorities.pem"
    odd.write_text(a_certificate(odd).read_text().replace(" CERT", " TRUSTED CERT"))
    ours = a_certificate(tmp_path / "ours.pem", lasts=timedelta(days=100))

    assert looked_at(TlsFiles(certificate=ours, authorities=odd)) == [
        ("UTSKICK_PLATFORM__CLIENT_CERTIFICATE", CertificateState.GOOD),
        ("UTSKICK_PLATFORM__CA_FILE", CertificateState.UNUSABLE),
    ]


def test_a_certificate_is_known_again_wherever_it_lies(tmp_path: Path) -> None:
    one = a_certificate(tmp_path / "one.pem")
    copy = tmp_path / "copy.pem"
    copy.write_bytes(one.read_bytes())
    files = {
        "UTSKICK_FORMS": TlsFiles(certificate=one),
        "UTSKICK_SMTP": TlsFiles(authorities=copy),
    }

    first, second = CertificateFiles(files).look()

    assert first.mark == second.mark
