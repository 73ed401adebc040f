"""How a neighbour is known by its certificate, and we by ours."""

import logging
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from utskick.domain.starting import RefusedToStart

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files. With `authorities` no others are trusted; `certificate` may hold its `key`."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    password: str = field(default="", repr=False)


class FreshContext(ssl.SSLContext):
    """Each new connection goes by what the files hold then.

    Of files that are of no use, or do not fit each other yet, it goes on with what they held
    before. Whoever opens connections asks a context for nothing but to wrap them.
    """

    def __new__(cls, files: TlsFiles, *, of: str) -> Self:
        del files, of
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, files: TlsFiles, *, of: str) -> None:
        """Raises as `tls_context`."""
        self._files, self._of = files, of
        self._lock = threading.Lock()
        self._read_at = _stamps(files)
        self._current = tls_context(files, of=of)
        self.minimum_version = ssl.TLSVersion.TLSv1_2

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self._fresh().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        return self._fresh().wrap_socket(*args, **kwargs)

    def _fresh(self) -> ssl.SSLContext:
        with self._lock:
            if (stamps := _stamps(self._files)) != self._read_at:
                self._read_at = stamps
                self._read_anew()
            return self._current

    def _read_anew(self) -> None:
        try:
            self._current = tls_context(self._files, of=self._of)
        except RefusedToStart as refused:
            log.warning("What was read before goes on: %s", refused)
        else:
            log.warning("The certificates of %s have changed, and are used", self._of)


def _stamps(files: TlsFiles) -> list[tuple[int, int, int] | None]:
    """Whether a file is another than it was."""
    return [_stamp(path) for path in (files.authorities, files.certificate, files.key) if path]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino


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
