"""How a neighbour is known by its certificate, and we by ours."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from utskick.domain.starting import RefusedToStart


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files. With `authorities` no others are trusted; `certificate` may hold its `key`."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def named(self) -> bool:
        """Whether there is anything to know but what the system trusts."""
        return any((self.authorities, self.certificate, self.key))


def tls_context(files: TlsFiles, *, of: str) -> ssl.SSLContext:
    """TLS 1.2 or newer. Raises `RefusedToStart` for a file that is of no use; `of` names whose."""
    if files.key and not files.certificate:
        raise RefusedToStart(f"{of}__CLIENT_KEY has no {of}__CLIENT_CERTIFICATE: set both")
    context = _trusting(files.authorities, f"{of}__CA_FILE")
    if files.certificate:
        _identify(context, files.certificate, files.key, f"{of}__CLIENT_CERTIFICATE")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _trusting(authorities: Path | None, name: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise _useless(name, authorities, "the authority's certificates", error) from None


def _identify(context: ssl.SSLContext, certificate: Path, key: Path | None, name: str) -> None:
    try:
        # A key with a password would have it asked for on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        what = "a certificate and its key, without a password"
        raise _useless(name, certificate, what, error) from None


def _useless(name: str, path: Path | None, what: str, error: OSError) -> RefusedToStart:
    missing = isinstance(error, FileNotFoundError)
    why = "is missing" if missing else f"cannot be read ({type(error).__name__})"
    return RefusedToStart(f"{name} ({path}) {why}: give a PEM file with {what}")
