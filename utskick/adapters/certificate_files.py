"""When the certificates in our files end."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from utskick.adapters.tls import TlsFiles, tls_context
from utskick.domain.certificates import Certificate, hsa_id_of_subject
from utskick.domain.starting import RefusedToStart


class CertificateFiles:
    """`Certificates`, by the groups of settings that name them. Read anew at each look."""

    def __init__(self, files: Mapping[str, TlsFiles]) -> None:
        self._files = files

    def look(self) -> Sequence[Certificate]:
        return [seen for of, files in self._files.items() for seen in _look(of, files)]


def _look(of: str, files: TlsFiles) -> Iterator[Certificate]:
    try:
        tls_context(files, of=of)
    except RefusedToStart:
        path = files.certificate or files.key or files.authorities
        yield _unusable(of, path)
        return
    if files.certificate:
        # Ours is of no use either when one ends that stands between it and its authority.
        yield _first_to_end(f"{of}__CLIENT_CERTIFICATE", files.certificate, last=False)
    if files.authorities:
        # Files of authorities keep old ones beside their heirs.
        yield _first_to_end(f"{of}__CA_FILE", files.authorities, last=True)


def _unusable(setting: str, path: Path | None) -> Certificate:
    return Certificate(setting=setting, path=str(path), mark=setting, ends_at=None)


def _first_to_end(setting: str, path: Path, *, last: bool) -> Certificate:
    try:
        held = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        # Replaced since, or of a kind that OpenSSL takes and nobody else can read.
        return _unusable(setting, path)
    found = sorted(held, key=lambda each: each.not_valid_after_utc, reverse=last)[0]
    return Certificate(
        setting=setting,
        path=str(path),
        mark=found.fingerprint(hashes.SHA256()).hex()[:16],
        ends_at=found.not_valid_after_utc,
        holder=hsa_id_of_subject(held[0].subject.rfc4514_string()) or "",
    )
