"""Settings + adapters + store → `Services`: the one place that knows all of them.

`neighbours`, `rules` and `vault` make the parts; `safety` names what keeps a process from
starting; `upkeep` is for the installation's owner.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from config.settings import Settings
from utskick.adapters.bounded_spreadsheets import BoundedSpreadsheets
from utskick.adapters.file_log_heads import FileLogHeads
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.json_lines import also_to_syslog
from utskick.adapters.prefect_logins import login_of_processes
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.adapters.sealed_attempts import SealedAttempts
from utskick.adapters.sms_by_mail import SmsByMail
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.system_clock import SystemClock
from utskick.domain.rate_limits import RateLimits
from utskick.domain.rules import Rules
from utskick.ports import (
    Certificates,
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
from utskick.sending.engine import Engine
from utskick.sending.platform_watch import PlatformWatch
from utskick.sending.retire_deployments import EndedOccasions
from utskick.sending.shared import Shared, shared
from utskick.sending.watched_neighbours import WatchedFormService, WatchedInbox, WatchedPersons
from utskick.store import SqlStore
from utskick.store.accounts import require_few_rights
from utskick.store.engine import open_engine, require_migrated
from utskick.store.key_checks import check_keys
from utskick.store.staff import SessionLimits
from utskick.use_cases.bound import UseCases
from utskick.use_cases.watched_lists import WatchedLists
from utskick.wiring.neighbours import (
    certificates_of,
    form_service_of,
    inbox_of,
    persons_of,
    relay_of,
    tls_contexts,
)
from utskick.wiring.rules import rules_of
from utskick.wiring.safety import require_safe
from utskick.wiring.sign_in import sign_in_of
from utskick.wiring.vault import vault_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(UseCases, Engine):
    """The neighbours, the engine, and every use case bound to those that it names."""

    settings: Settings
    rules: Rules
    store: Store
    forms: FormService
    shared: Shared
    inbox: Inbox
    persons: Persons
    mailer: Mailer
    certificates: Certificates
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
    watched_lists: WatchedLists = field(default_factory=WatchedLists)


@cache
def services() -> Services:
    """The process's services, from its environment. Opened once; raises as `wire`."""
    return wire(Settings())


def wire(settings: Settings) -> Services:
    """Put the parts together. Raises `FileNotFoundError` without keys, and `RefusedToStart`."""
    require_safe(settings)
    also_to_syslog(settings.log.syslog)
    vault = vault_of(settings.database)
    engine = open_engine(settings.database.url)
    require_migrated(engine)
    if settings.production:
        require_few_rights(engine)
    clock = SystemClock()
    check_keys(engine, vault, now=clock.now())
    tls = tls_contexts(settings)
    mailer = SmtpMailer(relay_of(settings.smtp, tls["smtp"]), sender=settings.smtp.sender)
    rules = rules_of(settings)
    store = SqlStore(
        engine,
        vault,
        session_limits=SessionLimits(
            idle=timedelta(minutes=settings.sign_in.idle_minutes),
            absolute=timedelta(minutes=settings.sign_in.absolute_minutes),
        ),
    )
    watch = PlatformWatch(store=store, clock=clock, rules=rules)
    form_service = WatchedFormService(form_service_of(settings, tls["forms"]), watch)
    persons_service = WatchedPersons(persons_of(settings, tls["persons"]), watch)
    inbox_service = WatchedInbox(inbox_of(settings, tls["inbox"]), watch)
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
        certificates=certificates_of(settings),
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
        sign_in=sign_in_of(settings.sign_in, tls["sign_in"]),
        clock=clock,
        watched_lists=WatchedLists(kept_for=timedelta(minutes=settings.sign_in.absolute_minutes)),
        rate_limits=RateLimits(settings.limits.model_dump(), monotonic=clock.monotonic),
    )
