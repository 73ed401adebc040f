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
    faults: dict[str, None] = {}
    for name in _NEIGHBOURS:
        group, named = settings.tls_of(name)
        try:
            of = f"UTSKICK_{group.upper()}"
            contexts[name] = tls_context(tls_files(named), of=of) if named.names_files else None
        except RefusedToStart as refused:
            # Those of the platform are three neighbours'.
            faults |= dict.fromkeys(refused.faults)
    if faults:
        raise RefusedToStart(*faults)
    return contexts


def tls_files(group: TlsSettings) -> TlsFiles:
    return TlsFiles(
        authorities=group.ca_file,
        certificate=group.client_certificate,
        key=group.client_key,
        password=group.client_key_password.get_secret_value(),
    )


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
