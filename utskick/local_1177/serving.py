"""Running an application on loopback until SIGTERM."""

import signal
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
TIMEOUT_S = 2
"""Calls that hang longer than this at a stop are cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """PEM files. With `client_authorities` whoever calls must show a certificate of theirs."""

    certificate: Path
    key: Path | None = None
    client_authorities: Path | None = None

    def for_uvicorn(self) -> dict[str, Any]:
        """TLS 1.2 and 1.3, and nothing older."""
        wanted = ssl.CERT_REQUIRED if self.client_authorities else ssl.CERT_NONE
        return {
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key,
            "ssl_ca_certs": self.client_authorities and str(self.client_authorities),
            "ssl_cert_reqs": wanted,
        }


def serve(app: ASGIApp, *, port: int, log_level: str, tls: ServerTls | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C, then end with status 0.

    There is no access log: it would show nothing that the counters do not.
    """
    # Uvicorn closes in good order and then raises the signal again, for whoever had it before.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        log_level=log_level,
        access_log=False,
        ws="none",
        backlog=4096,
        timeout_graceful_shutdown=TIMEOUT_S,
        **(tls.for_uvicorn() if tls else {}),
    )


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
