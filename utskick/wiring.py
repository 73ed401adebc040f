"""Settings + adapters + store → `Services`: the one place that knows all of them."""

import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from urllib.parse import urlsplit

from config.production import production_faults, require_production
from config.settings import (
    DatabaseSettings,
    NeighbourSettings,
    Settings,
    SmtpSettings,
    TlsSettings,
)
from utskick.adapters.bounded_spreadsheets import BoundedSpreadsheets
from utskick.adapters.file_log_heads import FileLogHeads
from utskick.adapters.http_client import HttpClient
from utskick.adapters.http_form_service import HttpFormService
from utskick.adapters.http_inbox import HttpInbox
from utskick.adapters.http_persons import HttpPersons
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.json_lines import also_to_syslog
from utskick.adapters.oidc_sign_in import OidcSignIn
from utskick.adapters.prefect_logins import login_of_processes
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.adapters.sealed_attempts import SealedAttempts
from utskick.adapters.sms_by_mail import SmsByMail
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.smtp_relay import Login, SmtpRelay
from utskick.adapters.system_clock import SystemClock
from utskick.adapters.tls import TlsFiles, tls_context
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rate_limits import RateLimits
from utskick.domain.retention import Retention
from utskick.domain.rules import Rules
from utskick.domain.starting import RefusedToStart
from utskick.ports import (
    Clock,
    FormService,
    Inbox,
    LogHeads,
    Mailer,
    Persons,
    Scheduler,
    SignIn,
    SignInAttempts,
    SmsGateway,
    Spreadsheets,
    Texts,
)
from utskick.records import Store
from utskick.sending.call_slots import CallSlots
from utskick.sending.reconcile import Reconciled, audit, reconcile
from utskick.sending.report_errors import Mailed, send_error_reports
from utskick.sending.retire_deployments import EndedOccasions
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import Shared, shared
from utskick.store import SqlStore
from utskick.store.accounts import migrate_as_owner, require_few_rights
from utskick.store.engine import open_engine, require_migrated
from utskick.store.key_checks import check_keys
from utskick.store.key_file import changing, read_key_file
from utskick.store.keyrings import KeyFile, KeysInSettings
from utskick.store.keys import KeyRing, read_ring
from utskick.store.rotate_keys import Keyring, Rotated, rotate_keys
from utskick.store.staff import SessionLimits
from utskick.store.vault import Vault
from utskick.use_cases.bound import UseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(UseCases):
    """The neighbours, and every use case bound to those that it names."""

    settings: Settings
    rules: Rules
    store: Store
    forms: FormService
    shared: Shared
    inbox: Inbox
    persons: Persons
    mailer: Mailer
    log_heads: LogHeads
    sms: SmsGateway
    scheduler: Scheduler
    texts: Texts
    spreadsheets: Spreadsheets
    sign_in: SignIn
    clock: Clock
    rate_limits: RateLimits
    attempts: SignInAttempts = field(default_factory=SealedAttempts)
    ended_occasions: EndedOccasions = field(default_factory=EndedOccasions)

    @property
    def call_slots(self) -> CallSlots:
        """Calls to the form service that belong to no run take a slot as well."""
        return self.shared.sender.call_slots

    def occasion_run(
        self, occasion_id: OccasionId, token: RunToken, *, version: int = 1
    ) -> OccasionRun:
        """One attempt to send one occasion."""
        return OccasionRun(
            occasion_id=occasion_id,
            version=version,
            token=token,
            store=self.store,
            forms=self.forms,
            shared=self.shared,
            inbox=self.inbox,
            persons=self.persons,
            mailer=self.mailer,
            texts=self.texts,
            clock=self.clock,
            rules=self.rules,
        )

    async def reconcile(self) -> Reconciled:
        """One round, as of now."""
        return await reconcile(
            store=self.store,
            forms=self.forms,
            call_slots=self.call_slots,
            scheduler=self.scheduler,
            rules=self.rules,
            now=self.clock.now(),
        )

    def audit(self, *, thorough: bool = True) -> Reconciled:
        """All that is planned against all that the scheduler has, as of now."""
        return audit(
            store=self.store,
            scheduler=self.scheduler,
            rules=self.rules,
            thorough=thorough,
            now=self.clock.now(),
        )

    def mail_errors(self) -> Mailed:
        """Mail what waits to be mailed."""
        return send_error_reports(store=self.store, mailer=self.mailer, texts=self.texts)


@cache
def services() -> Services:
    """The process's services, from its environment. Opened once; raises as `wire`."""
    return wire(Settings())


def wire(settings: Settings) -> Services:
    """Put the parts together. Raises `FileNotFoundError` without keys, and `RefusedToStart`."""
    _require_safe(settings)
    also_to_syslog(settings.log.syslog)
    vault = vault_of(settings.database)
    engine = open_engine(settings.database.url)
    require_migrated(engine)
    if settings.production:
        require_few_rights(engine)
    clock = SystemClock()
    check_keys(engine, vault, now=clock.now())
    forms, inbox, persons = settings.forms, settings.inbox, settings.persons
    tls = _tls_contexts(settings)
    mailer = SmtpMailer(_relay(settings.smtp, tls["smtp"]), sender=settings.smtp.sender)
    rules = rules_of(settings)
    store = SqlStore(
        engine,
        vault,
        session_limits=SessionLimits(
            idle=timedelta(minutes=settings.sign_in.idle_minutes),
            absolute=timedelta(minutes=settings.sign_in.absolute_minutes),
        ),
    )
    form_service = HttpFormService(_client(settings, forms, tls["forms"]))
    persons_service = HttpPersons(_client(settings, persons, tls["persons"]), batch=persons.batch)
    inbox_service = HttpInbox(_client(settings, inbox, tls["inbox"]))
    return Services(
        settings=settings,
        rules=rules,
        store=store,
        forms=form_service,
        shared=shared(
            store=store,
            forms=form_service,
            persons=persons_service,
            inbox=inbox_service,
            clock=clock,
            rules=rules,
        ),
        inbox=inbox_service,
        persons=persons_service,
        mailer=mailer,
        log_heads=FileLogHeads(settings.log.heads),
        sms=SmsByMail(mailer, domain=settings.smtp.sms_domain),
        scheduler=PrefectScheduler(
            api_url=settings.scheduler.api_url,
            auth_string=login_of_processes(settings.scheduler),
            work_pool=settings.scheduler.work_pool,
            pages_url=settings.web.public_url,
            tls=tls["scheduler"],
        ),
        texts=JinjaTexts(),
        spreadsheets=BoundedSpreadsheets(most_rows=rules.limits.file_rows),
        sign_in=OidcSignIn(
            issuer=settings.sign_in.issuer,
            client_id=settings.sign_in.client_id,
            client_secret=settings.sign_in.client_secret.get_secret_value(),
            accepted_acr=settings.sign_in.accepted_acr,
            max_age=timedelta(minutes=settings.sign_in.max_age_minutes),
            tls=tls["sign_in"],
        ),
        clock=clock,
        rate_limits=RateLimits(settings.limits.model_dump(), monotonic=clock.monotonic),
    )


def _tls_contexts(settings: Settings) -> Mapping[str, ssl.SSLContext | None]:
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


_NEIGHBOURS = ("forms", "inbox", "persons", "smtp", "scheduler", "sign_in")


def _relay(smtp: SmtpSettings, tls: ssl.SSLContext | None) -> SmtpRelay:
    password = smtp.password.get_secret_value()
    secured = smtp.security != "none"
    return SmtpRelay(
        host=smtp.host,
        port=smtp.port,
        tls=(tls or tls_context(TlsFiles(), of="UTSKICK_SMTP")) if secured else None,
        at_once=smtp.security == "tls",
        login=Login(smtp.user, password) if smtp.user else None,
    )


def _client(
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


def rules_of(settings: Settings) -> Rules:
    """The numbers that the domain and the use cases go by."""
    timing = settings.timing
    return Rules(
        zone=timing.zone,
        lead=timedelta(seconds=timing.lead_s),
        lead_for_each_other=timedelta(seconds=timing.lead_for_each_other_s),
        longest_lead=timedelta(seconds=timing.longest_lead_s),
        late_after=timedelta(seconds=timing.late_after_s),
        grace=timedelta(seconds=timing.grace_s),
        opens=timing.opens,
        closes=timing.closes,
        lease_s=timing.lease_s,
        retry_delays_s=timing.retry_delays_s,
        settle_s=settings.forms.settle_s,
        clock_skew_s=settings.forms.clock_skew_s,
        manual_after_s=settings.forms.manual_after_s,
        forms_concurrency=settings.forms.concurrency,
        inbox_concurrency=settings.inbox.concurrency,
        inbox_per_s=settings.inbox.per_s,
        persons_per_s=settings.persons.per_s,
        persons_batch=settings.persons.batch,
        max_recipients=settings.max_recipients,
        accept_coordination_numbers=settings.accept_coordination_numbers,
        forms_desk=settings.forms_desk,
        error_domains=settings.error_domains,
        resident_url=settings.residents.url,
        sms_hosts=(*settings.sms_hosts, urlsplit(settings.residents.url).hostname or ""),
        application=settings.residents.application,
        purposes=settings.sign_in.purposes,
        manager_role=settings.sign_in.manager_role,
        administrator_role=settings.sign_in.administrator_role,
        retention=Retention(**settings.retention.model_dump()),
    )


def _require_safe(settings: Settings) -> None:
    if settings.production and (faults := settings_faults(settings)):
        raise RefusedToStart(*faults)


def require_safe_settings() -> None:
    """For a process that opens neither database nor keys. Raises `RefusedToStart`."""
    require_production(Settings())


def settings_faults(settings: Settings) -> Sequence[str]:
    """All that keeps production from starting, as far as settings and files show it."""
    faults = [*production_faults(settings, os.environ)]
    for look in (partial(vault_of, settings.database), partial(_tls_contexts, settings)):
        try:
            look()
        except RefusedToStart as refused:
            faults += refused.faults
        except FileNotFoundError:
            faults.append(
                f"{settings.database.key_file} is missing: put the keys there, set"
                " UTSKICK_DATABASE__KEYS, or let `utskick make-keys` make those of a new"
                " installation"
            )
    return faults


def vault_of(settings: DatabaseSettings) -> Vault:
    """The keys from the settings, or from the key file.

    Raises `FileNotFoundError` without any, and `KeysRefused` for those that are no keys.
    """
    if _has_key_file(settings):
        read = partial(read_key_file, settings.key_file)
        return Vault(read(), reread=read)
    return Vault(_ring_of(settings))


def migrate_database(database: DatabaseSettings) -> None:
    """Bring the tables up to date, with the account that owns them."""
    migrate_as_owner(
        database.url,
        owner_url=database.owner_url.get_secret_value(),
        vault=partial(vault_of, database),
    )


def change_keys(settings: Settings, *, announce: Callable[[str], None]) -> Rotated | None:
    """Change the keys of an installation that may be running; `None` if somebody else does."""
    _require_safe(settings)
    database = settings.database
    if not _has_key_file(database):
        return _change_keys(database, KeysInSettings(), announce)
    with changing(database.key_file) as alone:
        return _change_keys(database, KeyFile(database.key_file), announce) if alone else None


def _change_keys(
    database: DatabaseSettings, keyring: Keyring, announce: Callable[[str], None]
) -> Rotated:
    vault = vault_of(database)
    engine = open_engine(database.url)
    now = SystemClock().now()
    try:
        check_keys(engine, vault, now=now)
        return rotate_keys(engine, vault, keyring, now=now, announce=announce)
    finally:
        engine.dispose()


def _has_key_file(settings: DatabaseSettings) -> bool:
    in_settings = (
        settings.keys,
        settings.index_keys,
        settings.current_key,
        settings.index_key.get_secret_value(),
    )
    return not any(in_settings)


def _ring_of(settings: DatabaseSettings) -> KeyRing:
    index_key = settings.index_key.get_secret_value()
    return read_ring(
        keys={key_id: key.get_secret_value() for key_id, key in settings.keys.items()},
        current=settings.current_key,
        index_key=index_key,
        index_keys={key_id: key.get_secret_value() for key_id, key in settings.index_keys.items()},
        place="UTSKICK_DATABASE__KEYS",
    )
