"""How a neighbour is known by its certificate, and we by ours."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from utskick.domain.starting import RefusedToStart


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files. With `authorities` no others are trusted; `certificate` may hold its `key`."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    password: str = field(default="", repr=False)


def tls_context(files: TlsFiles, *, of: str) -> ssl.SSLContext:
    """TLS 1.2 or newer. Raises `RefusedToStart` for a file that is of no use; `of` names whose."""
    if files.key and not files.certificate:
        raise RefusedToStart(f"{of}__CLIENT_KEY has no {of}__CLIENT_CERTIFICATE: set both")
    context = _trusting(files.authorities, f"{of}__CA_FILE")
    if files.certificate:
        _identify(context, files.certificate, files, f"{of}__CLIENT_CERTIFICATE")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _trusting(authorities: Path | None, name: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise _useless(name, authorities, "the authority's certificates", error) from None


def _identify(context: ssl.SSLContext, certificate: Path, files: TlsFiles, name: str) -> None:
    try:
        # Without any password it would be asked for on the terminal.
        context.load_cert_chain(certificate, files.key, password=files.password)
    except OSError as error:
        what = "a certificate and its key, and the key's password if it has one"
        raise _useless(name, certificate, what, error) from None


def _useless(name: str, path: Path | None, what: str, error: OSError) -> RefusedToStart:
    missing = isinstance(error, FileNotFoundError)
    why = "is missing" if missing else f"cannot be read ({type(error).__name__})"
    return RefusedToStart(f"{name} ({path}) {why}: give a PEM file with {what}")
