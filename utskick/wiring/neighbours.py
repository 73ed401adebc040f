"""Settings → how each neighbour is reached, and known by its certificate."""

import ssl
from collections.abc import Mapping

from config.settings import NeighbourSettings, Settings, SmtpSettings, TlsSettings
from utskick.adapters.certificate_files import CertificateFiles
from utskick.adapters.rivta_form_service import RivTaFormService
from utskick.adapters.rivta_inbox import InboxLink, RivTaInbox
from utskick.adapters.rivta_persons import RivTaPersons
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.adapters.soap_client import SoapClient, endpoints_at
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


def tls_of(settings: Settings, name: str) -> ssl.SSLContext | None:
    """Of one neighbour alone. Raises `RefusedToStart`."""
    group, named = settings.tls_of(name)
    return FreshContext(tls_files(named), of=_group(group)) if named.names_files else None


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
) -> SoapClient:
    platform, us = settings.platform, settings.source_system_hsa_id
    return SoapClient(
        endpoints_at(
            neighbour.url,
            contracts=neighbour.contracts,
            logical_address=neighbour.logical_address,
            addresses=neighbour.addresses,
        ),
        consumer_hsa_id=us if platform.original_consumer else None,
        platform=platform.name,
        concurrency=neighbour.concurrency,
        connect_timeout_s=neighbour.connect_timeout_s,
        read_timeout_s=neighbour.read_timeout_s,
        tls=tls,
    )


def form_service_of(settings: Settings, tls: ssl.SSLContext | None) -> RivTaFormService:
    forms = settings.forms
    return RivTaFormService(
        client_of(settings, forms, tls),
        care_system=forms.care_system_hsa_id,
        care_giver=forms.care_giver_hsa_id,
    )


def inbox_of(settings: Settings, tls: ssl.SSLContext | None) -> RivTaInbox:
    inbox = settings.inbox
    return RivTaInbox(
        client_of(settings, inbox, tls),
        source_system=inbox.source_system,
        link=InboxLink(
            system_id=inbox.link_system_id,
            query=inbox.link_query,
            type=inbox.link_type,
            text=inbox.link_text,
        ),
    )


def persons_of(settings: Settings, tls: ssl.SSLContext | None) -> RivTaPersons:
    persons = settings.persons
    return RivTaPersons(
        client_of(settings, persons, tls),
        profile=persons.profile,
        batch=persons.batch,
        test_persons=persons.test_persons,
    )
