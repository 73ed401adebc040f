"""What may be on a laptop and may not in production: every fault, each with what to do.

Nothing of a setting's value is shown but addresses' hosts: values may be secrets.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import (
    BEHIND_PLATFORM,
    DATA,
    ENV_FILE,
    Group,
    NeighbourSettings,
    Settings,
    TlsSettings,
)
from utskick.adapters.prefect_logins import NoPrefectLogin, login_of_processes
from utskick.domain.starting import RefusedToStart
from utskick.files import OTHERS
from utskick.store.engine import reach_of

_LOCAL_1177_PORTS = frozenset({8177, 8025, 8026})
"""Those of the embedded neighbours and their mailbox."""
_FEWEST_CHARACTERS = 16
_DEMO = Settings.model_construct()
_OFF = frozenset({"", "0", "false", "no", "off"})


def require_production(settings: Settings) -> None:
    """Raises `RefusedToStart` if this is to be production, and something is as in a demo."""
    if settings.production and (faults := production_faults(settings, os.environ)):
        raise RefusedToStart(*faults)


def production_faults(settings: Settings, environment: Mapping[str, str]) -> Sequence[str]:
    """Everything that production does not start with."""
    return [
        *_secrets(settings),
        *_addresses(settings),
        *_platform(settings),
        *_inbox(settings),
        *_proxies(settings),
        *_relay(settings),
        *_database("UTSKICK_DATABASE__URL", settings.database.url, environment),
        *_owner_of_tables(settings, environment),
        *_prefect(settings),
        *_system_log(settings),
        *_proof_of_access_log(settings),
        *_demo_region(settings),
        *_files(settings),
        *_debugging(environment),
    ]


def _secrets(settings: Settings) -> Iterator[str]:
    if not settings.sign_in.client_authentication.startswith("client_secret"):
        return
    secret = settings.sign_in.client_secret.get_secret_value()
    if secret == _DEMO.sign_in.client_secret.get_secret_value():
        yield (
            "UTSKICK_SIGN_IN__CLIENT_SECRET is that of the local 1177, which everybody knows:"
            " set the one that the identity provider has given"
        )
    elif len(secret) < _FEWEST_CHARACTERS:
        yield (
            f"UTSKICK_SIGN_IN__CLIENT_SECRET has less than {_FEWEST_CHARACTERS} characters:"
            " ask the identity provider for a longer one"
        )


def _addresses(settings: Settings) -> Iterator[str]:
    for name, url in (
        ("UTSKICK_WEB__PUBLIC_URL", settings.web.public_url),
        ("UTSKICK_SIGN_IN__ISSUER", settings.sign_in.issuer),
        *_addresses_behind_platform(settings),
        ("UTSKICK_RESIDENTS__URL", settings.residents.url),
    ):
        parts = urlsplit(url)
        if parts.scheme != "https":
            yield f"{name} is not https: set its address with TLS"
        if _is_here(parts.hostname):
            yield f"{name} leads to this machine ({parts.hostname}): set the real address"
        elif parts.port in _LOCAL_1177_PORTS:
            yield f"{name} has the local 1177's port ({parts.port}): set the real address"


def _addresses_behind_platform(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in BEHIND_PLATFORM:
        neighbour: NeighbourSettings = getattr(settings, name)
        yield f"UTSKICK_{name.upper()}__URL", neighbour.url
        for contract, address in neighbour.addresses.items():
            if not address.startswith("/"):
                yield f"UTSKICK_{name.upper()}__ADDRESSES ({contract})", address


def _platform(settings: Settings) -> Iterator[str]:
    if settings.platform.name in {"", _DEMO.platform.name}:
        yield (
            "UTSKICK_PLATFORM__NAME is not the platform's, so none of its refusals would be"
            " certain: set what it writes in brackets in its faults (VP007 [name] …)"
        )
    for name in BEHIND_PLATFORM:
        neighbour: NeighbourSettings = getattr(settings, name)
        if neighbour.logical_address == getattr(_DEMO, name).logical_address:
            yield (
                f"UTSKICK_{name.upper()}__LOGICAL_ADDRESS is the local 1177's: set the HSA-id that"
                " the agreement names"
            )
        if not settings.tls_of(name)[1].client_certificate:
            yield (
                "UTSKICK_PLATFORM__CLIENT_CERTIFICATE is missing, and so is"
                f" UTSKICK_{name.upper()}__CLIENT_CERTIFICATE: the platform knows its callers by"
                " their certificates"
            )


def _inbox(settings: Settings) -> Iterator[str]:
    for name in ("source_system", "link_system_id"):
        if getattr(settings.inbox, name) in {"", getattr(_DEMO.inbox, name)}:
            yield (
                f"UTSKICK_INBOX__{name.upper()} is the local 1177's: set the one that the portal's"
                " administration has given, or messages have no link"
            )


def _proxies(settings: Settings) -> Iterator[str]:
    for each in settings.web.trusted_proxies:
        if each.strip() == "*" or each.strip().endswith("/0"):
            yield (
                f"UTSKICK_WEB__TRUSTED_PROXIES holds {each}, so anybody may say where they come"
                " from: set the proxy's own address"
            )

    if settings.notices.callers and not settings.web.trusted_proxies:
        yield (
            "UTSKICK_NOTICES__CALLERS is set, and nobody is trusted to say who calls: set"
            " UTSKICK_WEB__TRUSTED_PROXIES to the proxy that checks their certificates"
        )


def _relay(settings: Settings) -> Iterator[str]:
    smtp = settings.smtp
    if smtp.port in _LOCAL_1177_PORTS:
        yield (
            f"UTSKICK_SMTP__PORT is the local mailbox's ({smtp.port}): set"
            " UTSKICK_SMTP__HOST and UTSKICK_SMTP__PORT to the region's relay"
        )
    if smtp.security == "none":
        yield "UTSKICK_SMTP__SECURITY is none, so mails can be read on their way: set starttls"


def _database(name: str, url: str, environment: Mapping[str, str]) -> Iterator[str]:
    if not url.startswith("postgresql"):
        yield f"{name} is SQLite: set postgresql+psycopg://user:password@host/name"
        return
    reach = reach_of(url)
    if reach.get("sslmode") != "verify-full" and _leaves_this_machine(reach, environment):
        yield (
            f"{name} does not check whom it talks to: add ?sslmode=verify-full, and sslrootcert="
            " if the authority is your own"
        )


def _owner_of_tables(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    """Only `utskick migrate` has it."""
    if url := settings.database.owner_url.get_secret_value():
        yield from _database("UTSKICK_DATABASE__OWNER_URL", url, environment)


def _leaves_this_machine(reach: Mapping[str, object], environment: Mapping[str, str]) -> bool:
    """Where PostgreSQL's driver goes: it asks its own variables for what the URL leaves open.

    A service's file may name any host.
    """
    if "service" in reach or environment.get("PGSERVICE"):
        return True
    hosts = reach.get("host") or environment.get("PGHOST", "")
    addresses = reach.get("hostaddr") or environment.get("PGHOSTADDR", "")
    sockets = ("/", "@")
    each = f"{hosts},{addresses}".split(",")
    return not all(host.startswith(sockets) or _is_here(host) for host in each)


def _prefect(settings: Settings) -> Iterator[str]:
    scheduler = settings.scheduler
    try:
        login = login_of_processes(scheduler)
    except NoPrefectLogin as refused:
        yield from refused.faults
    else:
        if not login:
            yield (
                "UTSKICK_SCHEDULER__AUTH_STRING is missing, and so is"
                f" {scheduler.login_file}: nobody gets into Prefect. `utskick prefect-settings`"
                " makes a login"
            )
    parts = urlsplit(scheduler.api_url)
    if parts.scheme != "https" and not _is_here(parts.hostname):
        yield "UTSKICK_SCHEDULER__API_URL is not https: set its address with TLS"


def _system_log(settings: Settings) -> Iterator[str]:
    host, _, _ = settings.log.syslog.rpartition(":")
    if host and not _is_here(host):
        yield (
            f"UTSKICK_LOG__SYSLOG leads to {host} without TLS: set this machine's own system log"
            " (/dev/log), and let that one send lines on over TLS"
        )


def _proof_of_access_log(settings: Settings) -> Iterator[str]:
    if not settings.log.heads_mail_to and not settings.log.syslog:
        yield (
            "UTSKICK_LOG__HEADS_MAIL_TO and UTSKICK_LOG__SYSLOG are empty, so what proves the"
            " access log never leaves this machine: set one of them"
        )


def _demo_region(settings: Settings) -> Iterator[str]:
    if settings.region.resolve() == _DEMO.region.resolve():
        yield "UTSKICK_REGION is the demo's: set the folder with your own units and forms"
    if settings.source_system_hsa_id == _DEMO.source_system_hsa_id:
        yield "UTSKICK_SOURCE_SYSTEM_HSA_ID is the demo's: set your own"


def _files(settings: Settings) -> Iterator[str]:
    keys = () if settings.database.keys else (settings.database.key_file,)
    logins = () if settings.scheduler.auth_string else (settings.scheduler.login_file,)
    for path in (*keys, *logins, *_secret_files(settings), ENV_FILE, DATA):
        yield from _open_to_others(path)


def _secret_files(settings: Settings) -> Iterator[Path]:
    for name in type(settings).model_fields:
        group = getattr(settings, name)
        if not isinstance(group, Group):
            continue
        named = [getattr(group, f"{secret}_file") for secret in group.read_from_files()]
        yield from filter(None, (*named, *_private_keys(group)))


def _private_keys(group: Group) -> Iterator[Path | None]:
    """A certificate without a key of its own file holds it."""
    if isinstance(group, TlsSettings):
        yield group.client_key or group.client_certificate


def _open_to_others(path: Path) -> Iterator[str]:
    try:
        mode = path.stat().st_mode
    except OSError:
        # What is not there is missed by whoever needs it.
        return
    if mode & OTHERS:
        private = "0700" if path.is_dir() else "0600"
        yield f"{path} can be read by others: chmod {private} {path}"


def _debugging(environment: Mapping[str, str]) -> Iterator[str]:
    for name in (
        "PYTHONDEVMODE",
        "PYTHONASYNCIODEBUG",
        "PREFECT_DEBUG_MODE",
        "PREFECT_TEST_MODE",
        "SSLKEYLOGFILE",
    ):
        if environment.get(name, "").lower() not in _OFF:
            yield f"{name} is set, which is for looking for faults: unset it"
    for name, value in environment.items():
        if name.startswith("PREFECT_LOGGING_") and value.upper() == "DEBUG":
            yield f"{name} is DEBUG, which logs what runs hold: unset it"


def _is_here(host: str | None) -> bool:
    """Whether the host is the machine itself."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
