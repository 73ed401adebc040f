"""Settings → how each neighbour is reached, and known by its certificate."""

import ssl
from collections.abc import Mapping

from config.settings import NeighbourSettings, Settings, SmtpSettings, TlsSettings
from utskick.adapters.certificate_files import CertificateFiles
from utskick.adapters.http_client import HttpClient
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.adapters.tls import FreshContext, TlsFiles, tls_context
from utskick.domain.starting import RefusedToStart

_NEIGHBOURS = ("forms", "inbox", "persons", "smtp", "scheduler", "sign_in")


def tls_contexts(settings: Settings) -> Mapping[str, ssl.SSLContext | None]:
    """Of each neighbour that has files of its own. Raises `RefusedToStart`, naming all faults."""
    faults: list[str] = []
    by_group: dict[str, ssl.SSLContext] = {}
    for group, files in _named_files(settings).items():
        try:
            by_group[group] = FreshContext(files, of=group)
        except RefusedToStart as refused:
            faults += refused.faults
    if faults:
        raise RefusedToStart(*faults)
    return {name: by_group.get(_group(settings.tls_of(name)[0])) for name in _NEIGHBOURS}


def certificates_of(settings: Settings) -> CertificateFiles:
    return CertificateFiles(_named_files(settings))


def _named_files(settings: Settings) -> Mapping[str, TlsFiles]:
    """By the group of settings: that of the platform is three neighbours'."""
    groups = dict(settings.tls_of(name) for name in _NEIGHBOURS)
    return {_group(name): tls_files(group) for name, group in groups.items() if group.names_files}


def _group(name: str) -> str:
    return f"UTSKICK_{name.upper()}"


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
