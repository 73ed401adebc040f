"""Production refuses what a demo may do: each fault is named, and all at once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import config.production as checked
from config.production import production_faults, require_production
from config.settings import Settings, SignInSettings
from utskick.domain.starting import RefusedToStart
from utskick.store.key_file import make_key_file

LONG_SECRET = "from-the-identity-provider"


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What production starts with."""
    monkeypatch.setattr(checked, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setattr(checked, "DATA", tmp_path / "var")
    (tmp_path / ".env").touch(0o600)
    (tmp_path / "var").mkdir(0o700)
    make_key_file(tmp_path / "keys.json")
    return Settings(
        _env_file=None,
        production=True,
        database={
            "url": "postgresql+psycopg://utskick:s@db.region.se/utskick?sslmode=verify-full",
            "key_file": tmp_path / "keys.json",
        },
        platform={"name": "NTJP-PROD", "client_certificate": tmp_path / "ours.pem"},
        forms={"url": "https://esb.ntjp.se", "logical_address": "SE5565594230-F"},
        inbox={
            "url": "https://esb.ntjp.se",
            "logical_address": "SE5565594230-I",
            "source_system": "given-by-the-portal",
            "link_system_id": "given-too",
        },
        persons={"url": "https://esb.ntjp.se", "logical_address": "SE2021005489-P"},
        smtp={"host": "relay.region.se", "port": 587},
        scheduler={
            "api_url": "https://prefect.region.se/api",
            "auth_string": "utskick:a-long-password-of-its-own-for-this",
        },
        web={"public_url": "https://utskick.region.se"},
        sign_in={"issuer": "https://idp.sambi.se", "client_secret": LONG_SECRET},
        residents={"url": "https://formular.1177.se"},
        log={"heads_mail_to": ("logg@region.se",)},
        region=tmp_path,
        source_system_hsa_id="SE2321000131-E000000009999",
    )


def changed(settings: Settings, path: str, value: Any) -> Settings:
    group, _, name = path.rpartition(".")
    if not group:
        return settings.model_copy(update={name: value})
    inner = getattr(settings, group).model_dump() | {name: value}
    return settings.model_copy(update={group: type(getattr(settings, group))(**inner)})


def test_nothing_keeps_safe_settings_from_starting(safe: Settings) -> None:
    assert production_faults(safe, {}) == []


FAULTS = [
    ("sign_in.client_secret", "bara-for-lokala-test", "CLIENT_SECRET is that of the local 1177"),
    ("sign_in.client_secret", "short", "CLIENT_SECRET has less than 16 characters"),
    ("sign_in.issuer", "http://idp.sambi.se", "ISSUER is not https"),
    ("sign_in.issuer", "https://127.0.0.1/oidc", "ISSUER leads to this machine"),
    ("web.public_url", "http://utskick.region.se", "PUBLIC_URL is not https"),
    ("web.public_url", "https://localhost:8000", "PUBLIC_URL leads to this machine"),
    ("forms.url", "http://esb.ntjp.se/forms", "FORMS__URL is not https"),
    ("forms.url", "https://127.0.0.1:8177/forms", "FORMS__URL leads to this machine"),
    ("forms.url", "https://test.region.se:8177/forms", "FORMS__URL has the local 1177's port"),
    ("inbox.url", "http://esb.ntjp.se/inbox", "INBOX__URL is not https"),
    ("inbox.url", "https://[::1]/inbox", "INBOX__URL leads to this machine"),
    ("persons.url", "http://esb.ntjp.se/persons", "PERSONS__URL is not https"),
    ("persons.url", "https://127.3.2.1/persons", "PERSONS__URL leads to this machine"),
    ("forms.addresses", {"GetForms": "http://esb.ntjp.se/x"}, "ADDRESSES (GetForms) is not https"),
    ("inbox.addresses", {"IsActiveUser": "https://[::1]/x"}, "(IsActiveUser) leads to this"),
    ("forms.logical_address", "SE0000000000-FORMS", "FORMS__LOGICAL_ADDRESS is the local 1177's"),
    ("inbox.logical_address", "SE0000000000-INBOX", "INBOX__LOGICAL_ADDRESS is the local 1177's"),
    ("persons.logical_address", "SE0000000000-PERSONS", "PERSONS__LOGICAL_ADDRESS is the local"),
    ("platform.name", "LOCAL", "PLATFORM__NAME is not the platform's"),
    ("platform.name", "", "PLATFORM__NAME is not the platform's"),
    ("inbox.source_system", "", "INBOX__SOURCE_SYSTEM is the local 1177's"),
    ("inbox.link_system_id", "FORMULAR", "INBOX__LINK_SYSTEM_ID is the local 1177's"),
    ("residents.url", "http://formular.1177.se", "RESIDENTS__URL is not https"),
    ("residents.url", "https://1177.localhost", "RESIDENTS__URL leads to this machine"),
    ("web.trusted_proxies", ("*",), "TRUSTED_PROXIES holds *"),
    ("web.trusted_proxies", ("0.0.0.0/0",), "TRUSTED_PROXIES holds 0.0.0.0/0"),
    ("notices.callers", ("SE5565594230-V",), "NOTICES__CALLERS is set, and nobody is trusted"),
    ("smtp.port", 8025, "SMTP__PORT is the local mailbox's"),
    ("smtp.security", "none", "SMTP__SECURITY is none"),
    ("database.url", "sqlite:///var/utskick.db", "DATABASE__URL is SQLite"),
    ("database.url", "postgresql+psycopg://u:p@db/u", "add ?sslmode=verify-full"),
    ("database.url", "postgresql+psycopg://u:p@db/u?sslmode=require", "add ?sslmode=verify-full"),
    ("database.url", "postgresql+psycopg://u:p@/u?host=db.region.se", "add ?sslmode=verify-full"),
    (
        "database.url",
        "postgresql+psycopg://u:p@localhost/u?host=db.region.se",
        "add ?sslmode=verify-full",
    ),
    (
        "database.url",
        "postgresql+psycopg://u:p@/u?host=localhost&host=db.region.se",
        "add ?sslmode=verify-full",
    ),
    (
        "database.url",
        "postgresql+psycopg://u:p@localhost/u?hostaddr=10.0.0.1",
        "add ?sslmode=verify-full",
    ),
    ("database.url", "postgresql+psycopg://localhost#:p@db/u", "add ?sslmode=verify-full"),
    ("database.url", "postgresql+psycopg:///u?service=central", "add ?sslmode=verify-full"),
    (
        "database.url",
        "postgresql+psycopg://u:p@db/u?sslmode=disable&sslmode=verify-full",
        "add ?sslmode=verify-full",
    ),
    ("database.owner_url", "postgresql+psycopg://u:p@db/u", "OWNER_URL does not check"),
    ("scheduler.auth_string", None, "AUTH_STRING is missing"),
    ("scheduler.auth_string", "", "AUTH_STRING is missing"),
    ("scheduler.auth_string", "admin:pass", "is not name:secret with 32 letters or digits"),
    ("scheduler.api_url", "http://prefect.region.se/api", "API_URL is not https"),
    ("log.syslog", "logs.region.se:514", "LOG__SYSLOG leads to logs.region.se without TLS"),
    ("log.heads_mail_to", (), "HEADS_MAIL_TO and UTSKICK_LOG__SYSLOG are empty"),
    ("region", Settings.model_construct().region, "REGION is the demo's"),
    ("source_system_hsa_id", "SE2321000131-E000000000001", "SOURCE_SYSTEM_HSA_ID is the demo's"),
]


@pytest.mark.parametrize(
    ("setting", "value", "fault"), FAULTS, ids=[f"{each[0]}, {each[2]}" for each in FAULTS]
)
def test_each_fault_is_named_alone(safe: Settings, setting: str, value: Any, fault: str) -> None:
    [named] = production_faults(changed(safe, setting, value), {})

    assert fault in named
    assert named.startswith("UTSKICK_")


def test_the_platforms_certificate_is_missed_by_each_that_has_none_of_its_own(
    safe: Settings, tmp_path: Path
) -> None:
    without = changed(safe, "platform.client_certificate", None)
    with_one = changed(without, "forms.client_certificate", tmp_path / "ours.pem")

    assert [f.split("so is ")[1].split("__")[0] for f in production_faults(without, {})] == [
        "UTSKICK_FORMS",
        "UTSKICK_INBOX",
        "UTSKICK_PERSONS",
    ]
    assert len(production_faults(with_one, {})) == 2


def test_the_path_of_a_contract_is_below_the_neighbours_own_address(safe: Settings) -> None:
    assert production_faults(changed(safe, "forms.addresses", {"GetForms": "/own/path"}), {}) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:4200/api", "http://localhost:4200/api"])
def test_prefect_on_the_same_machine_needs_no_tls(safe: Settings, url: str) -> None:
    assert production_faults(changed(safe, "scheduler.api_url", url), {}) == []


@pytest.mark.parametrize("address", ["/dev/log", "127.0.0.1:514", ""])
def test_a_system_log_on_the_same_machine_needs_no_tls(safe: Settings, address: str) -> None:
    assert production_faults(changed(safe, "log.syslog", address), {}) == []


def test_a_system_log_alone_takes_the_proof_of_the_access_log_away(safe: Settings) -> None:
    without_mail = changed(safe, "log.heads_mail_to", ())

    assert production_faults(changed(without_mail, "log.syslog", "/dev/log"), {}) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:p@localhost/u",
        "postgresql:///u",
        "postgresql+psycopg:///u?host=/var/run/postgresql",
        "postgresql+psycopg://u:p@/u?host=localhost",
    ],
)
def test_a_database_on_the_same_machine_needs_no_tls(safe: Settings, url: str) -> None:
    assert production_faults(changed(safe, "database.url", url), {}) == []


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_where_the_drivers_own_variables_lead_is_a_databases_place_too(
    safe: Settings, name: str
) -> None:
    [named] = production_faults(
        changed(safe, "database.url", "postgresql+psycopg:///u"), {name: "10.0.0.1"}
    )

    assert "add ?sslmode=verify-full" in named


FILES: dict[str, Callable[[Path], Path]] = {
    "0600": lambda folder: folder / "keys.json",
    "0600 ": lambda folder: folder / ".env",
    "0700": lambda folder: folder / "var",
}


@pytest.mark.parametrize(("private", "path"), FILES.items())
def test_what_others_can_read_is_named(
    safe: Settings, tmp_path: Path, private: str, path: Callable[[Path], Path]
) -> None:
    path(tmp_path).chmod(0o755 if path(tmp_path).is_dir() else 0o640)

    [named] = production_faults(safe, {})

    assert (
        named
        == f"{path(tmp_path)} can be read by others: chmod {private.strip()} {path(tmp_path)}"
    )


def test_who_signs_to_the_identity_provider_needs_no_secret_there(
    safe: Settings, tmp_path: Path
) -> None:
    key = tmp_path / "signing.pem"
    key.write_text("a key")
    key.chmod(0o644)
    sign_in = SignInSettings(
        issuer=safe.sign_in.issuer,
        client_authentication="private_key_jwt",
        signing_key_file=key,
    )

    [named] = production_faults(safe.model_copy(update={"sign_in": sign_in}), {})

    assert named == f"{key} can be read by others: chmod 0600 {key}"


def test_a_secrets_file_that_others_can_read_is_named(safe: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "client-secret"
    secret.write_text(LONG_SECRET)
    secret.chmod(0o644)
    sign_in = SignInSettings(issuer=safe.sign_in.issuer, client_secret_file=secret)

    [named] = production_faults(safe.model_copy(update={"sign_in": sign_in}), {})

    assert named == f"{secret} can be read by others: chmod 0600 {secret}"


def test_a_certificate_that_holds_its_key_is_a_secret(safe: Settings, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text("a certificate and its key")
    both.chmod(0o644)
    forms = safe.forms.model_copy(update={"client_certificate": both, "client_key": None})

    [named] = production_faults(safe.model_copy(update={"forms": forms}), {})

    assert named == f"{both} can be read by others: chmod 0600 {both}"


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONDEVMODE": "1"},
        {"PYTHONASYNCIODEBUG": "1"},
        {"PREFECT_DEBUG_MODE": "true"},
        {"PREFECT_TEST_MODE": "1"},
        {"SSLKEYLOGFILE": "tls.log"},
        {"PREFECT_LOGGING_LEVEL": "DEBUG"},
        {"PREFECT_LOGGING_SERVER_LEVEL": "debug"},
    ],
)
def test_what_is_for_looking_for_faults_is_named(
    safe: Settings, environment: Mapping[str, str]
) -> None:
    [named] = production_faults(safe, environment)

    assert next(iter(environment)) in named


def test_the_defaults_are_refused_with_all_faults_at_once() -> None:
    demo = Settings(_env_file=None, production=True)

    with pytest.raises(RefusedToStart) as refused:
        require_production(demo)

    assert len(refused.value.faults) >= 15
    assert "bara-for-lokala-test" not in str(refused.value)


def test_the_defaults_are_a_demo() -> None:
    require_production(Settings(_env_file=None))
