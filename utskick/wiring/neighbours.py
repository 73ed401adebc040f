"""Settings → how each neighbour is reached, and known by its certificate."""

import ssl
from collections.abc import Mapping

from config.settings import NeighbourSettings, Settings, SmtpSettings, TlsSettings
from utskick.adapters.http_client import HttpClient
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.adapters.tls import TlsFiles, tls_context
from utskick.domain.starting import RefusedToStart

_NEIGHBOURS = ("forms", "inbox", "persons", "smtp", "scheduler", "sign_in")


def tls_contexts(settings: Settings) -> Mapping[str, ssl.SSLContext | None]:
    """Of each neighbour that has files of its own. Raises `RefusedToStart`, naming all faults."""
    contexts: dict[str, ssl.SSLContext | None] = {}
    faults: list[str] = []
    for name in _NEIGHBOURS:
        group: TlsSettings = getattr(settings, name)
        files = TlsFiles(
            authorities=group.ca_file, certificate=group.client_certificate, key=group.client_key
        )
        try:
            of = f"UTSKICK_{name.upper()}"
            contexts[name] = tls_context(files, of=of) if files.named else None
        except RefusedToStart as refused:
            faults += refused.faults
    if faults:
        raise RefusedToStart(*faults)
    return contexts


def relay_of(smtp: SmtpSettings, tls: ssl.SSLContext | None) -> SmtpRelay:
    password = smtp.password.get_secret_value()
    secured = smtp.security != "none"
    return SmtpRelay(
        host=smtp.host,
        port=smtp.port,
        tls=(tls or tls_context(TlsFiles(), of="UTSKICK_SMTP")) if secured else None,
        at_once=smtp.security == "tls",
        login=Login(smtp.user, password) if smtp.user else None,
    )


def client_of(
    settings: Settings, neighbour: NeighbourSettings, tls: ssl.SSLContext | None
) -> HttpClient:
    return HttpClient(
        neighbour.url,
        consumer_hsa_id=settings.source_system_hsa_id,
        concurrency=neighbour.concurrency,
        connect_timeout_s=neighbour.connect_timeout_s,
        read_timeout_s=neighbour.read_timeout_s,
        tls=tls,
    )
